(
  select wanted.name, there.attrelid as relation, there.attnum as number
  from unnest(array[:[columns]]) as wanted(name)
  left join pg_attribute as there
    on there.attrelid = to_regclass(:'table') and there.attname = wanted.name and not there.attisdropped
) as carried
