-- Relations that a session holds against every reader, as a migration does.
select distinct n.nspname::text as schema, c.relname::text as name
from pg_catalog.pg_locks l
join pg_catalog.pg_class c on c.oid = l.relation
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where l.mode = 'AccessExclusiveLock'
    and l.granted
    and c.relkind in ('r', 'p', 'v', 'm')
    and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
order by 1, 2
