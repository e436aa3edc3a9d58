-- A write addressed to a partition by its own name fires the partition's triggers, one addressed to the
-- parent only the parent's: so each has its own, and no write is told twice. Partitions made later: again.
do :$partitions$
declare
  partition regclass;
begin
  for partition in
    with recursive below(id) as (
      select inhrelid from pg_catalog.pg_inherits where inhparent = :'table'::regclass
      union all
      select child.inhrelid from pg_catalog.pg_inherits as child join below on child.inhparent = below.id
    )
    select relation.oid::regclass
    from below
    join pg_catalog.pg_class as relation on relation.oid = below.id
    where relation.relkind in ('r', 'p')
    order by relation.oid::regclass::text
  loop
    :[triggers]
  end loop;
end
:$partitions$;
