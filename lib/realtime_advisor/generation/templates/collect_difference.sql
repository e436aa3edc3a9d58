-- One row, the common case, is compared with what it was before. A moved row tells both scopes.
-- Types whose equality is lenient (1.0 and 1.00, citext) or missing (json) are compared as text.
select
  :[one_row]
into :[into]
from new_rows as change
cross join old_rows as before
where not exists (select from new_rows offset 1);
if not found then
  -- Of many rows, those that did not change cancel out. (EXCEPT both ways says the same, but holds all
  -- rows in memory; a join of both tables can take a plan that compares each with each.)
  select :[results]
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
end if;
