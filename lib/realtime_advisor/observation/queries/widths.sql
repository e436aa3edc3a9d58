-- The average bytes of each column as pg_stats knows them, widest first; large values that are kept out of line count as
-- their pointer. A partitioned table has only inherited figures; a table of its own has its own.
select distinct on (s.schemaname, s.tablename)
    s.schemaname::text as schema,
    s.tablename::text as name,
    pg_catalog.array_agg(s.attname::text order by s.avg_width desc, s.attname) as columns,
    pg_catalog.array_agg(s.avg_width order by s.avg_width desc, s.attname) as widths
from pg_catalog.pg_stats s
where s.schemaname <> 'information_schema' and s.schemaname !~ '^pg_'
group by s.schemaname, s.tablename, s.inherited
order by s.schemaname, s.tablename, s.inherited
