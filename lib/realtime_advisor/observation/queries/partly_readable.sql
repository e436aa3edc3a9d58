-- The columns that one of Supabase's API roles may SELECT, of tables of which neither may SELECT every column.
with reader as (
    select oid from pg_catalog.pg_roles where rolname in ('anon', 'authenticated')
)
select
    n.nspname::text as schema,
    c.relname::text as name,
    pg_catalog.array_agg(a.attname::text order by a.attnum) as columns
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.oid >= 16384
    and c.relkind in ('r', 'p', 'f')
    and exists (select from reader r where pg_catalog.has_any_column_privilege(r.oid, c.oid, 'select'))
    and not exists (select from reader r where pg_catalog.has_table_privilege(r.oid, c.oid, 'select'))
    and exists (select from reader r where pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, 'select'))
group by n.nspname, c.relname
