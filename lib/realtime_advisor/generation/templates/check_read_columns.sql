
union all
-- Without one of these the function of the triggers fails: it lets the write through, and tells nobody.
select
  :'name',
  count(*) = 0,
  coalesce('these are gone: ' || string_agg(wanted.name, ', ' order by wanted.name), 'all there')
from unnest(array[:[columns]]) as wanted(name)
where not exists (
  select from pg_attribute as there
  where there.attrelid = to_regclass(:'table') and there.attname = wanted.name and not there.attisdropped
)
