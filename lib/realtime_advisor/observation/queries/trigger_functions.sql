-- The text of every function that a trigger runs, and of those that may notify and could be called by one.
-- A body in the SQL standard's form has no text of its own: it is written out from its parse tree.
select
    p.oid::bigint as function,
    n.nspname::text as schema,
    p.proname::text as name,
    p.prosecdef as as_definer,
    (
        select pg_catalog.substr(setting, 13) from pg_catalog.unnest(p.proconfig) setting where setting like 'search_path=%'
    ) as search_path,
    coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) as body,
    p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype as is_trigger_function
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where l.lanname not in ('c', 'internal')
    and n.nspname not in ('pg_catalog', 'information_schema')
    and (
        p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype
        or p.prosqlbody is not null
        or p.prosrc ~* 'notify|broadcast_changes|send'
    )
