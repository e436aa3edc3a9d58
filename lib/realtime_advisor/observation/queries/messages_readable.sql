-- Whether this role may read all of realtime.messages, and how many of today's minutes (UTC), three hours at most, there
-- are to be read. No row where there is no such table.
select
    pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select') as may_select,
    not pg_catalog.row_security_active(c.oid) as sees_all,
    least(
        180,
        extract(epoch from utc.now - pg_catalog.date_trunc('day', utc.now)) / 60
    )::double precision as minutes
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join (select pg_catalog.timezone('UTC', pg_catalog.now()) as now) utc
where n.nspname = 'realtime' and c.relname = 'messages' and c.relkind in ('r', 'p')
