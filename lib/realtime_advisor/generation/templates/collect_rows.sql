-- One row, the common case, needs no grouping.
select
  :[one_row]
into :[into]
from :[rows] as change
where not exists (select from :[rows] offset 1);
if not found then
  :[many]
end if;
