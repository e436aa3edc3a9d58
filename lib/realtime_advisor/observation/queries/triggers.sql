-- Triggers that users made, with the text of their functions left to trigger_functions.sql.
-- A partition's copy of its parent's trigger is not listed.
select
    n.nspname::text as schema,
    c.relname::text as table_name,
    t.tgname::text as name,
    p.oid::bigint as function,
    t.tgtype & 1 = 1 as per_row,
    pg_catalog.array_remove(array[
        case when t.tgtype & 4 = 4 then 'insert' end,
        case when t.tgtype & 16 = 16 then 'update' end,
        case when t.tgtype & 8 = 8 then 'delete' end,
        case when t.tgtype & 32 = 32 then 'truncate' end
    ], null) as operations,
    t.tgenabled in ('O', 'A') as enabled
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_proc p on p.oid = t.tgfoid
where not t.tgisinternal
    and t.tgparentid = 0
    and n.nspname <> 'information_schema'
    and n.nspname !~ '^pg_'
    and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
    )
order by 1, 2, 3
