-- Drop this session's slot before its transaction ends: a pooler would keep the session, and the slot with it.
select pg_catalog.pg_drop_replication_slot('realtime_advisor_' || pg_catalog.pg_backend_pid())
