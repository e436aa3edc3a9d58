begin;
set local lock_timeout = :'timeout';
set local statement_timeout = '30s';
:[body]
commit;
