-- One row that keeps its scope, the common case, is told at once, if it changed.
-- Types whose equality is lenient (1.0 and 1.00, citext) or missing (json) are compared as text.
perform
  case
    when (
      :[now]
    ) is distinct from (
      :[before]
    ) then realtime.send(
      :[payload],
      :[event],
      :[told_topic],
      true
    )
  end
from new_rows as change
cross join old_rows as before
where :[scope] = :[scope_before]
  and not exists (select from new_rows offset 1);
if found then
  return null;
end if;
:[many]
