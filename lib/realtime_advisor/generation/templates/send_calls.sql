-- One wait, if any: without this lock every single send would wait for lock_timeout.
lock table only realtime.messages in row exclusive mode;
perform realtime.send(
  :[payload],
  :[event],
  :'opening' || told.id::text || :'closing',
  true
)
from unnest(:[ids]) as told(id):[condition];
