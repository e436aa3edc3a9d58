-- Views that anon or authenticated may read, with every relation they read in turn, through views of views.
-- A view reads with its owner's rights unless it is a security_invoker view: then it opens no table that the
-- reader's own rights do not open, except one in a schema that the reader cannot name.
with recursive reader as (
    select oid from pg_catalog.pg_roles where rolname in ('anon', 'authenticated')
),
view as (
    select
        c.oid,
        c.relnamespace,
        c.relkind = 'm' or not coalesce('security_invoker=true' = any (c.reloptions), false) as definer
    from pg_catalog.pg_class c
    where c.oid >= 16384 and c.relkind in ('v', 'm')
),
reads as (
    select distinct r.ev_class as view, d.refobjid as relid
    from pg_catalog.pg_rewrite r
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
    where r.ev_class >= 16384
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid <> r.ev_class
),
opened as (
    select reader.oid as reader, v.oid as view, v.definer, reads.relid
    from view v
    join reader
        on pg_catalog.has_schema_privilege(reader.oid, v.relnamespace, 'usage')
        and pg_catalog.has_any_column_privilege(reader.oid, v.oid, 'select')
    join reads on reads.view = v.oid
    union
    select opened.reader, opened.view, opened.definer or v.definer, reads.relid
    from opened
    join view v on v.oid = opened.relid
    join reads on reads.view = v.oid
)
select distinct opened.relid::bigint, opened.view::bigint
from opened
join pg_catalog.pg_class c on c.oid = opened.relid
where opened.definer
    or (
        pg_catalog.has_any_column_privilege(opened.reader, c.oid, 'select')
        and not pg_catalog.has_schema_privilege(opened.reader, c.relnamespace, 'usage')
    )
