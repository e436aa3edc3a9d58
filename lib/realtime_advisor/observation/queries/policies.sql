-- Row level security policies.
-- pg_get_expr() locks the policy's own table for a moment, and the tables of a subquery until the transaction ends, in
-- ACCESS SHARE mode: a migration can make this wait.
with audience as materialized ( -- once for each set of roles
    select
        each.polroles,
        array(
            select coalesce(r.rolname::text, 'public')
            from pg_catalog.unnest(each.polroles) as role (oid)
            left join pg_catalog.pg_roles r on r.oid = role.oid
            order by 1
        ) as roles
    from (select distinct polroles from pg_catalog.pg_policy) each
)
select
    p.polrelid::bigint as relid,
    p.oid::bigint as policy,
    p.polname::text as name,
    case p.polcmd
        when 'r' then 'select'
        when 'a' then 'insert'
        when 'w' then 'update'
        when 'd' then 'delete'
        else 'all'
    end as command,
    p.polpermissive as permissive,
    audience.roles,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using_expression,
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as check_expression
from pg_catalog.pg_policy p
join audience on audience.polroles = p.polroles
order by p.polrelid, p.polname
