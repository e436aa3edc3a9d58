-- What ANALYZE knows of each column: figures only, never the values it met.
-- A partitioned table has only inherited figures; a table that others inherit from has both, and its own count.
-- Only comparisons that cannot leak, such as <>, are made before pg_stats has looked up the right to see each column.
select
    s.schemaname::text as schema,
    s.tablename::text as name,
    s.attname::text as column_name,
    s.inherited,
    nullif(s.n_distinct, 0) as n_distinct, -- 0: not known
    s.null_frac as null_fraction,
    s.most_common_freqs[1] as top_frequency
from pg_catalog.pg_stats s
where s.schemaname <> 'pg_catalog' and s.schemaname <> 'information_schema'
