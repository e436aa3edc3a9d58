-- What ANALYZE knows of each column: figures only, never the values it met.
-- A partitioned table has only inherited figures; a table of its own has its own, which come first.
select
    s.schemaname::text as schema,
    s.tablename::text as name,
    s.attname::text as column_name,
    nullif(s.n_distinct, 0) as n_distinct, -- 0: not known
    s.null_frac as null_fraction,
    s.most_common_freqs[1] as top_frequency
from pg_catalog.pg_stats s
where s.schemaname <> 'information_schema' and s.schemaname !~ '^pg_'
order by s.inherited desc
