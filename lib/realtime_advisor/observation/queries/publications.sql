-- Which publication sends which table, under that table's own name, as the view pg_publication_tables has it:
-- the leaves of a partitioned table, or with publish_via_partition_root the topmost published one.
-- That view locks every table it lists, so a migration could make it wait; this does not.
-- pg_depend stands in for pg_publication_namespace, which PostgreSQL 14 does not have.
with member as (
    select r.prpubid as publication, r.prrelid as relid
    from pg_catalog.pg_publication_rel r
    union
    select p.oid, c.oid
    from pg_catalog.pg_publication p, pg_catalog.pg_class c
    where p.puballtables and c.oid >= 16384 and c.relkind in ('r', 'p') and c.relpersistence = 'p'
    union
    select publication.refobjid, c.oid
    from pg_catalog.pg_depend publication
    join pg_catalog.pg_depend schema on schema.classid = publication.classid and schema.objid = publication.objid
    join pg_catalog.pg_class c on c.relnamespace = schema.refobjid
    where publication.refclassid = 'pg_catalog.pg_publication'::pg_catalog.regclass
        and schema.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
        and c.relkind in ('r', 'p')
        and c.relpersistence = 'p'
),
published as (
    select publication, relid from member
    union
    select m.publication, tree.relid
    from member m
    join pg_catalog.pg_class c on c.oid = m.relid and c.relkind = 'p',
        pg_catalog.pg_partition_tree(m.relid) tree
)
select published.relid::bigint, pg_catalog.array_agg(p.pubname::text order by p.pubname) as publications
from published
join pg_catalog.pg_publication p on p.oid = published.publication
join pg_catalog.pg_class c on c.oid = published.relid
where case
    when p.pubviaroot then not exists (
        select from pg_catalog.pg_partition_ancestors(c.oid) ancestor (oid)
        join member on member.publication = p.oid and member.relid = ancestor.oid
        where ancestor.oid <> c.oid
    )
    else c.relkind <> 'p'
end
group by published.relid
