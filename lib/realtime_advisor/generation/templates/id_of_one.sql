(
  select change.:"column"::text  -- of a row that moved
  from new_rows as change
  where not exists (select from new_rows offset 1)
)
