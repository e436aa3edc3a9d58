-- A slot that only this session has and that ends with it. A failure of any statement in the session ends it as well.
select pg_catalog.pg_create_logical_replication_slot('realtime_advisor_' || pg_catalog.pg_backend_pid(), 'test_decoding', true)
