-- The columns of every relation outside pg_catalog, in no order: sorting them here would spill to disk.
select
    a.attrelid::bigint as relid,
    a.attnum,
    a.attname::text as name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    a.attnotnull as not_null,
    a.attgenerated <> '' as generated,
    description.description as comment,
    a.atthasdef or a.attidentity <> '' as has_default,
    coll.collisdeterministic is false as lenient
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
left join pg_catalog.pg_description description
    on description.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and description.objoid = a.attrelid
    and description.objsubid = a.attnum
left join pg_catalog.pg_collation coll on coll.oid = a.attcollation
where c.relkind not in ('i', 'I', 't')
    and c.relnamespace <> 'pg_catalog'::pg_catalog.regnamespace
    and a.attnum > 0
    and not a.attisdropped
