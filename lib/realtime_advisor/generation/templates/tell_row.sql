-- One row, the common case, is told at once.
perform realtime.send(
  :[payload],
  :[event],
  :[told_topic],
  true
)
from :[rows] as change
where :[scope] is not null
  and not exists (select from :[rows] offset 1);
if found then
  return null;
end if;
:[many]
