-- The average bytes a row that are kept out of line, compressed, as of the last VACUUM: only where there are any.
select
    n.nspname::text as schema,
    c.relname::text as name,
    (large.relpages * pg_catalog.current_setting('block_size')::bigint / c.reltuples)::bigint as bytes
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class large on large.oid = c.reltoastrelid
where c.oid >= 16384 and c.relkind = 'r' and c.reltuples > 0 and large.relpages > 0
