-- Whole old rows in the WAL served the filters of Postgres Changes; the key alone is less to write.
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
alter table :"schema".:"name" replica identity default;
commit;
