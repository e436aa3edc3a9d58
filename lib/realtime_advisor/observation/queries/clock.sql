-- When the counters were read, since when they count, and whether they count at all.
select
    pg_catalog.clock_timestamp() as taken_at,
    (
        select stats_reset from pg_catalog.pg_stat_database where datname = pg_catalog.current_database()
    ) as stats_reset,
    pg_catalog.pg_postmaster_start_time() as server_started_at,
    pg_catalog.pg_is_in_recovery() as in_recovery,
    pg_catalog.current_setting('track_counts')::boolean as track_counts
