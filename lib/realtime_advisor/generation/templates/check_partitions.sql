
union all
-- Partitions that were made since: run the script's step 2 again.
select
  :'name',
  count(*) filter (where lacking.triggers > 0) = 0,
  coalesce(
    'lack triggers: ' || string_agg(lacking.id::regclass::text, ', ') filter (where lacking.triggers > 0),
    'all have the triggers'
  )
from (
  with recursive below(id) as (
    select inhrelid from pg_inherits where inhparent = to_regclass(:'table')
    union all
    select child.inhrelid from pg_inherits as child join below on child.inhparent = below.id
  )
  select
    below.id,
    :[count] - count(found.oid) as triggers
  from below
  join pg_class as relation on relation.oid = below.id and relation.relkind in ('r', 'p')
  left join pg_trigger as found
    on found.tgrelid = below.id and found.tgenabled in ('O', 'A')
    and found.tgfoid = to_regprocedure(:'function')
  group by below.id
) as lacking
