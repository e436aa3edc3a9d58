-- How far this session's slot has been read, in bytes of WAL, whether that is the mark, and how much WAL the server keeps
-- for the slot.
select
    pg_catalog.pg_wal_lsn_diff(s.confirmed_flush_lsn, '0/0')::bigint as read_bytes,
    s.confirmed_flush_lsn
        >= nullif(pg_catalog.current_setting('realtime_advisor.mark', true), '')::pg_catalog.pg_lsn as at_mark,
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_flush_lsn(), s.restart_lsn)::bigint as lag_bytes
from pg_catalog.pg_get_replication_slots() s
where s.slot_name = 'realtime_advisor_' || pg_catalog.pg_backend_pid()
