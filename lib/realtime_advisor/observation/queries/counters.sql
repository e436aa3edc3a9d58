-- Row changes since the statistics were reset, of every user table, with the partitioned table that it belongs to.
select
    s.relid::bigint,
    s.schemaname::text as schema,
    s.relname::text as name,
    s.n_tup_ins,
    s.n_tup_upd,
    s.n_tup_hot_upd,
    s.n_tup_del,
    n.nspname::text as parent_schema,
    parent.relname::text as parent_name
from pg_catalog.pg_stat_user_tables s
join pg_catalog.pg_class c on c.oid = s.relid
left join pg_catalog.pg_inherits i on i.inhrelid = s.relid and c.relispartition
left join pg_catalog.pg_class parent on parent.oid = i.inhparent
left join pg_catalog.pg_namespace n on n.oid = parent.relnamespace
where s.schemaname !~ '^pg_'
    and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = s.relid and d.deptype = 'e'
    )
