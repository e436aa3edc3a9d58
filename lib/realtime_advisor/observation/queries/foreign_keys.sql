-- Foreign keys, with their columns' numbers in key order ("2 1"), to whatever schema they point.
-- A key to a partitioned table leaves one more row for each partition; those have their parent on the same table.
select
    k.conrelid::bigint as relid,
    k.conname::text as name,
    pg_catalog.array_to_string(k.conkey, ' ') as attnums,
    k.confrelid::bigint as referenced,
    pg_catalog.array_to_string(k.confkey, ' ') as referenced_attnums,
    case k.confdeltype
        when 'r' then 'restrict'
        when 'c' then 'cascade'
        when 'n' then 'set null'
        when 'd' then 'set default'
        else 'no action'
    end as on_delete
from pg_catalog.pg_constraint k
left join pg_catalog.pg_constraint parent on parent.oid = k.conparentid
where k.contype = 'f'
    and parent.conrelid is distinct from k.conrelid
order by k.conrelid, k.conname
