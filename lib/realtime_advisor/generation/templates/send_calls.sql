-- One wait, if any: without this lock each of several sends would wait for lock_timeout.
if cardinality(:[ids]) > 1 then
  lock table only realtime.messages in row exclusive mode;
end if;
foreach scope_id in array :[ids] loop:[skip]
  perform realtime.send(
    :[payload],
    :[event],
    :[told_topic],
    true
  );
end loop;
