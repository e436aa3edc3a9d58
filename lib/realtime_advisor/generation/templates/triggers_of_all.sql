-- ---------------------------------------------------------------------------------------------------
-- Step 2 of 3: triggers, one for each operation, because a trigger with transition tables takes one only.
-- CREATE TRIGGER waits for the table's running writes, and new writes wait behind it: at most
-- lock_timeout, and for one table at a time. If that strikes, run the step again: what is done stays.
-- ---------------------------------------------------------------------------------------------------
:[triggers]
