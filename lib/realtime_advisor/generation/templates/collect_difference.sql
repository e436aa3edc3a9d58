-- Rows that differ in key, scope or a watched column, old and new: a moved row tells both scopes.
with
  old_values as not materialized (
    select :[compared]
    from old_rows as change
  ),
  new_values as not materialized (
    select :[compared]
    from new_rows as change
  )
select
  :[results]
into :[into]
from (
  select distinct :[columns]
  from (
    (table old_values except all table new_values)
    union all
    (table new_values except all table old_values)
  ) as change
) as changed;
