-- Row level security policies, with the columns and functions that their expressions mention, as pg_depend recorded them.
-- Postgres records nothing about its own functions, such as current_setting().
-- pg_get_expr() locks the tables of a subquery in ACCESS SHARE mode: a migration can make this wait.
with mentioned as (
    select
        d.objid as policy,
        pg_catalog.array_agg(distinct array[n.nspname, c.relname, a.attname]::text[])
            filter (where a.attname is not null) as columns,
        pg_catalog.array_agg(distinct (pn.nspname || '.' || p.proname)) filter (where p.oid is not null) as functions
    from pg_catalog.pg_depend d
    left join pg_catalog.pg_class c on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = d.refobjid
    left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid and d.refobjsubid > 0
    left join pg_catalog.pg_proc p on d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass and p.oid = d.refobjid
    left join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace
    where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
    group by d.objid
)
select
    p.polrelid::bigint as relid,
    p.polname::text as name,
    case p.polcmd
        when 'r' then 'select'
        when 'a' then 'insert'
        when 'w' then 'update'
        when 'd' then 'delete'
        else 'all'
    end as command,
    p.polpermissive as permissive,
    array(
        select coalesce(r.rolname::text, 'public')
        from pg_catalog.unnest(p.polroles) as role (oid)
        left join pg_catalog.pg_roles r on r.oid = role.oid
        order by 1
    ) as roles,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using_expression,
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as check_expression,
    m.columns,
    m.functions
from pg_catalog.pg_policy p
left join mentioned m on m.policy = p.oid
order by p.polrelid, p.polname
