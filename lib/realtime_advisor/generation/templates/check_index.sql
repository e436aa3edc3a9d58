
union all
-- Every join of a channel looks its user up; small tables need no index for that.
select
  :'name',
  coalesce(bool_or(relation.reltuples < 1000), false) or count(found.indexrelid) > 0,
  coalesce('found by ' || string_agg(found.indexrelid::regclass::text, ', '), 'no index begins with any of '
    || array_to_string(array[:[columns]], ', '))
from pg_class as relation
left join (
  pg_index as found
  join pg_attribute as first on first.attrelid = found.indrelid and first.attnum = found.indkey[0]
) on found.indrelid = relation.oid and found.indisvalid and first.attname = any (array[:[columns]]::name[])
where relation.oid = to_regclass(:'table')
