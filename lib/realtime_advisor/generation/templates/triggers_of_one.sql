begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
:[triggers]
commit;
