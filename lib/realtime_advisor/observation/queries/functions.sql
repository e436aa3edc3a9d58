-- The functions that SELECT policies call, with what their answers rest on, one a row; none of Supabase's own.
-- `source` is given where it is text that could be read, whole; `owner_reads` are the tables whose name stands in that text
-- and of which the function's owner sees every row.
with called as materialized (
    select
        d.refobjid as oid,
        pg_catalog.array_agg(distinct d.objid::bigint order by d.objid::bigint) as policies
    from pg_catalog.pg_depend d
    join pg_catalog.pg_policy policy on policy.oid = d.objid
    where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
        and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        and policy.polcmd in ('r', '*')
    group by d.refobjid
),
api as materialized (
    select r.oid, r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated')
)
select
    called.policies,
    n.nspname || '.' || p.proname as name,
    l.lanname::text as language,
    case
        when l.lanname in ('sql', 'plpgsql') and p.prosqlbody is null and pg_catalog.length(p.prosrc) <= 10000 then p.prosrc
    end as source,
    p.prosecdef as definer,
    coalesce(p.proconfig, '{}') as settings,
    case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
    p.proisstrict as strict,
    coalesce(p.proargnames, '{}') as names,
    p.proargmodes::text[] as modes,
    array(
        select pg_catalog.format_type(argument.type, null)
        from pg_catalog.unnest(p.proargtypes) with ordinality argument (type, place)
        order by argument.place
    ) as types,
    p.pronargdefaults as defaults,
    pg_catalog.pg_get_expr(p.proargdefaults, 0) as default_expressions,
    pg_catalog.format_type(p.prorettype, null) as returns,
    p.proretset as returns_set,
    p.prokind = 'f' and p.provariadic = 0 as plain,
    (
        select pg_catalog.count(*)
        from pg_catalog.pg_proc other
        where other.pronamespace = p.pronamespace and other.proname = p.proname
    ) as overloads,
    exists (
        select from api where api.rolname = 'authenticated' and pg_catalog.has_function_privilege(api.oid, p.oid, 'execute')
    ) as may_execute,
    exists (
        select
        from api
        where pg_catalog.has_schema_privilege(api.oid, n.oid, 'create')
            or pg_catalog.pg_has_role(api.oid, p.proowner, 'member')
    ) as api_may_replace,
    array(
        select c.oid::bigint
        from pg_catalog.pg_class c
        where c.relkind in ('r', 'p')
            and c.oid >= 16384 -- the first oid that initdb leaves to users
            and pg_catalog.strpos(pg_catalog.lower(p.prosrc), pg_catalog.lower(c.relname)) > 0
            and pg_catalog.has_schema_privilege(p.proowner, c.relnamespace, 'usage')
            and pg_catalog.has_table_privilege(p.proowner, c.oid, 'select')
            and (
                owner.rolsuper
                or owner.rolbypassrls
                or not c.relrowsecurity
                or (not c.relforcerowsecurity and pg_catalog.pg_has_role(p.proowner, c.relowner, 'usage'))
            )
        order by c.oid
    ) as owner_reads
from called
join pg_catalog.pg_proc p on p.oid = called.oid
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
join pg_catalog.pg_roles owner on owner.oid = p.proowner
where n.nspname <> 'auth'
order by p.oid
