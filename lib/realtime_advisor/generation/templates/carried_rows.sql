(
  select there.attname::text as name, there.attrelid as relation, there.attnum as number
  from pg_attribute as there
  where there.attrelid = to_regclass(:'table') and there.attnum > 0 and not there.attisdropped
) as carried
