-- How much WAL slots may make this server keep (-1: all of it), and whether it can decode changes at all.
select
    pg_catalog.current_setting('wal_level') as wal_level,
    nullif(pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_slot_wal_keep_size')), -1) as max_slot_wal_keep_bytes
