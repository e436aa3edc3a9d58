-- A slot that ends with this session, so that nothing keeps WAL after it.
select pg_catalog.pg_create_logical_replication_slot(%s, 'pgoutput', true);
