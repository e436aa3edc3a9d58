-- The logical replication slots of this database, and how much WAL each makes the server keep.
select
    s.slot_name::text as name,
    s.plugin::text as plugin,
    s.active,
    s.temporary,
    pg_catalog.pg_wal_lsn_diff(
        case
            when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
            else pg_catalog.pg_current_wal_lsn()
        end,
        s.restart_lsn
    )::bigint as lag_bytes,
    s.wal_status
from pg_catalog.pg_replication_slots s
where s.database = pg_catalog.current_database()
order by 1
