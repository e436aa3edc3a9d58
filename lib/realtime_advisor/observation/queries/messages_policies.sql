-- The policies of realtime.messages as Postgres writes them out, with the columns and functions that pg_depend recorded
-- for their expressions. pg_get_expr() locks the tables of a subquery in ACCESS SHARE mode.
select
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
    array(
        select distinct array[dn.nspname, dc.relname, a.attname]::text[]
        from pg_catalog.pg_depend d
        join pg_catalog.pg_class dc on dc.oid = d.refobjid
        join pg_catalog.pg_namespace dn on dn.oid = dc.relnamespace
        join pg_catalog.pg_attribute a on a.attrelid = dc.oid and a.attnum = d.refobjsubid
        where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
            and d.objid = p.oid
            and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refobjsubid > 0
    ) as columns,
    array(
        select distinct pn.nspname || '.' || f.proname
        from pg_catalog.pg_depend d
        join pg_catalog.pg_proc f on f.oid = d.refobjid
        join pg_catalog.pg_namespace pn on pn.oid = f.pronamespace
        where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
            and d.objid = p.oid
            and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    ) as functions
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'realtime' and c.relname = 'messages'
order by p.polname
