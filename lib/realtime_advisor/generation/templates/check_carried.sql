
union all
select
  :'name',
  count(*) = 0,
  coalesce(
    'authenticated may not select ' || string_agg(carried.name, ', ' order by carried.number),
    'authenticated may select it'
  )
from :[carried]
where has_column_privilege('authenticated', carried.relation, carried.number, 'select') is not true
