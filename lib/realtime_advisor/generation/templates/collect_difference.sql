-- One row, the common case, is compared with what it was before. A moved row tells both scopes.
-- Types whose equality is lenient (1.0 and 1.00, citext) or missing (json) are compared as text.
select
  :[one_row]
into :[into]
from new_rows as change
cross join old_rows as before
where not exists (select from new_rows offset 1);
if not found then
  :[many]
end if;
