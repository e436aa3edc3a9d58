-- Rows that differ in key, scope or a watched column, old and new: a moved row tells both scopes. Rows
-- that did not change cancel out. (EXCEPT both ways says the same, but holds all rows in memory.)
-- Types whose equality is lenient (1.0 and 1.00, citext) or missing (json) are compared as text.
select
  :[results]
into :[into]
from (
  select distinct :[columns]
  from (
    select :[compared], 1 as :"side"
    from new_rows as change
    union all
    select :[compared], -1
    from old_rows as change
  ) as change
  group by :[grouped]
  having sum(change.:"side") <> 0
) as changed;
