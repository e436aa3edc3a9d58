-- Every publication with what it sends and the tables that it names itself.
select
    p.pubname::text as name,
    p.puballtables as all_tables,
    p.pubviaroot as via_root,
    pg_catalog.array_remove(array[
        case when p.pubinsert then 'insert' end,
        case when p.pubupdate then 'update' end,
        case when p.pubdelete then 'delete' end,
        case when p.pubtruncate then 'truncate' end
    ], null) as operations,
    array(
        select array[n.nspname, c.relname]::text[]
        from pg_catalog.pg_publication_rel r
        join pg_catalog.pg_class c on c.oid = r.prrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where r.prpubid = p.oid
        order by n.nspname, c.relname
    ) as tables
from pg_catalog.pg_publication p
order by p.pubname
