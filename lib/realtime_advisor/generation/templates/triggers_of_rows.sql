-- ---------------------------------------------------------------------------------------------------
-- Step 2 of 3: triggers, one for each operation.
-- CREATE TRIGGER waits for the table's running writes, and new writes wait behind it: at most
-- lock_timeout. If that strikes, nothing has changed: run the step again.
-- ---------------------------------------------------------------------------------------------------
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';

:[triggers]

commit;
