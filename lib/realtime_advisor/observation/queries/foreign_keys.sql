-- Foreign keys, columns in key order, to whatever schema they point.
-- A key to a partitioned table leaves one more row for each partition; those have their parent on the same table.
select
    k.conrelid::bigint as relid,
    k.conname::text as name,
    array(
        select a.attname::text
        from pg_catalog.unnest(k.conkey) with ordinality as key (attnum, position)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = key.attnum
        order by key.position
    ) as columns,
    n.nspname::text as referenced_schema,
    c.relname::text as referenced_name,
    array(
        select a.attname::text
        from pg_catalog.unnest(k.confkey) with ordinality as key (attnum, position)
        join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = key.attnum
        order by key.position
    ) as referenced_columns,
    case k.confdeltype
        when 'r' then 'restrict'
        when 'c' then 'cascade'
        when 'n' then 'set null'
        when 'd' then 'set default'
        else 'no action'
    end as on_delete
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.confrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_constraint parent on parent.oid = k.conparentid
where k.contype = 'f'
    and parent.conrelid is distinct from k.conrelid
order by k.conrelid, k.conname
