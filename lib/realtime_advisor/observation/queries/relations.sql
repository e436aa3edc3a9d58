-- Every relation with columns outside pg_catalog, and who of Supabase's API roles may read it.
-- Those that are not is_users (sequences, composite types, temporary tables, what an extension owns) are here for the
-- keys and policies that name them.
-- select_roles is null where neither role exists. USAGE on the schema counts: without it a grant cannot be used.
-- withheld_columns are those that authenticated may not read of a table of which it may read others.
with reader as (
    select oid, rolname from pg_catalog.pg_roles where rolname in ('anon', 'authenticated')
)
select
    c.oid::bigint as relid,
    n.nspname::text as schema,
    c.relname::text as name,
    c.relkind in ('r', 'p', 'v', 'm', 'f')
        and n.nspname <> 'information_schema'
        and n.nspname !~ '^pg_'
        and not exists (
            select from pg_catalog.pg_depend d
            where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
        ) as is_users,
    c.relkind::text as relkind,
    c.relrowsecurity as row_security,
    c.relreplident::text as replica_identity,
    -- The last ANALYZE's estimate; where that saw no rows, or there was none, what was counted since.
    case
        when c.relkind not in ('r', 'p', 'm') then null
        when c.reltuples > 0 then c.reltuples::bigint
        when pg_catalog.pg_stat_get_live_tuples(c.oid) > 0 then pg_catalog.pg_stat_get_live_tuples(c.oid)
        when c.reltuples = 0 then 0
    end as estimated_rows,
    parent.inhparent::bigint as partition_of,
    description.description as comment,
    case
        when exists (select from reader) then array(
            select r.rolname::text
            from reader r
            where pg_catalog.has_schema_privilege(r.oid, n.oid, 'usage')
                and pg_catalog.has_any_column_privilege(r.oid, c.oid, 'select')
            order by r.rolname
        )
    end as select_roles,
    array(
        select i.inhparent::bigint from pg_catalog.pg_inherits i
        where i.inhrelid = c.oid and not c.relispartition
        order by i.inhseqno
    ) as inherits,
    case
        when exists (
            select from reader r
            where r.rolname = 'authenticated'
                and not pg_catalog.has_table_privilege(r.oid, c.oid, 'select')
                and pg_catalog.has_any_column_privilege(r.oid, c.oid, 'select')
        ) then array(
            select a.attname::text
            from pg_catalog.pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                and not pg_catalog.has_column_privilege('authenticated', c.oid, a.attnum, 'select')
            order by a.attnum
        )
        else '{}'
    end as withheld_columns
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_inherits parent on parent.inhrelid = c.oid and c.relispartition
left join pg_catalog.pg_description description
    on description.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and description.objoid = c.oid
    and description.objsubid = 0
where c.relkind not in ('i', 'I', 't')
    and n.nspname <> 'pg_catalog'
