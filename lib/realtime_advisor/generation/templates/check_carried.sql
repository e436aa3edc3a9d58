
union all
select
  :'name',
  count(*) = 0,
  coalesce('authenticated may not select ' || string_agg(carried, ', '), 'authenticated may select it')
from unnest(array[:[columns]]) as carried
where has_column_privilege('authenticated', to_regclass(:'table'), carried, 'select') is not true
