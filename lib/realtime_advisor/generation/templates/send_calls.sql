-- One wait, if any: without this lock each of several sends would wait for lock_timeout.
if cardinality(:[ids]) > 1 then
  lock table only realtime.messages in row exclusive mode;
end if;
perform realtime.send(
  :[payload],
  :[event],
  :[told_topic],
  true
)
from unnest(:[ids]) as told(id):[condition];
