-- When the counters were read, since when they count, whether they count at all, and how transactions ended.
select
    pg_catalog.clock_timestamp() as taken_at,
    database.stats_reset,
    database.xact_commit,
    database.xact_rollback,
    pg_catalog.pg_postmaster_start_time() as server_started_at,
    pg_catalog.pg_is_in_recovery() as in_recovery,
    pg_catalog.current_setting('track_counts')::boolean as track_counts
from (select pg_catalog.current_database() as name) here
left join pg_catalog.pg_stat_database database on database.datname = here.name
