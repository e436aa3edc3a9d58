-- Of many rows, those that did not change cancel out. (EXCEPT both ways says the same, but holds all
-- rows in memory; a join of both tables can take a plan that compares each with each.)
select
  :[results]
into :[into]
from (
  select distinct :[columns]
  from (
    select
      :[compared],
      1 as :"side"
    from new_rows as change
    union all
    select
      :[compared],
      -1
    from old_rows as change
  ) as change
  group by
    :[grouped]
  having sum(change.:"side") <> 0
) as changed:[where];
