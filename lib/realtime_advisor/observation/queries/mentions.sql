-- The columns and the functions that the expressions of a policy mention, one a row, as pg_depend recorded them.
-- Postgres records nothing about its own functions, such as current_setting().
select
    d.objid::bigint as policy,
    case when p.oid is null then d.refobjid::bigint end as relid,
    d.refobjsubid as attnum,
    n.nspname || '.' || p.proname as function
from pg_catalog.pg_depend d
left join pg_catalog.pg_proc p on d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass and p.oid = d.refobjid
left join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
    and (p.oid is not null or (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0))
