-- The columns of every user relation, in their order.
select
    a.attrelid::bigint as relid,
    a.attname::text as name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    a.attnotnull as not_null,
    a.attgenerated <> '' as generated,
    description.description as comment
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
left join pg_catalog.pg_description description
    on description.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and description.objoid = a.attrelid
    and description.objsubid = a.attnum
where c.oid >= 16384 -- the first oid that initdb leaves to users
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and a.attnum > 0
    and not a.attisdropped
order by a.attrelid, a.attnum
