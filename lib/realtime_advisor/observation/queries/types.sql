-- The types that somebody has made, whose values a sandbox has to make too; those of extensions come with these.
-- Labels of an enum in their order; attributes of a composite type as name, type, name, type.
select
    pg_catalog.format_type(t.oid, null) as name,
    case t.typtype when 'e' then 'enum' when 'd' then 'domain' else 'composite' end as kind,
    array(
        select label.enumlabel::text
        from pg_catalog.pg_enum label
        where label.enumtypid = t.oid
        order by label.enumsortorder
    ) as labels,
    case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod) end as base,
    t.typnotnull
        or exists (select from pg_catalog.pg_constraint k where k.contypid = t.oid) as checked,
    array(
        select part.value
        from pg_catalog.pg_attribute a
        cross join lateral (
            values (1, a.attname::text), (2, pg_catalog.format_type(a.atttypid, a.atttypmod))
        ) as part (position, value)
        where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped and t.typtype = 'c'
        order by a.attnum, part.position
    ) as attributes
from pg_catalog.pg_type t
left join pg_catalog.pg_class c on c.oid = t.typrelid
where t.typtype in ('e', 'd', 'c')
    and (t.typtype <> 'c' or c.relkind = 'c')
    and t.typnamespace not in (
        'pg_catalog'::pg_catalog.regnamespace, 'information_schema'::pg_catalog.regnamespace
    )
    and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and d.objid = t.oid and d.deptype = 'e'
    )
order by 1
