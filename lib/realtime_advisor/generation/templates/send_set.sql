-- One wait, if any: without this lock each of several sends would wait for lock_timeout.
if cardinality(:[ids]) > 1 then
  lock table only realtime.messages in row exclusive mode;
end if;
if cardinality(:[ids]) <= set_based_above then
  foreach scope_id in array :[ids] loop:[skip]
    perform realtime.send(
      :[payload],
      :[event],
      :[told_topic],
      true
    );
  end loop;
else
  -- The rows that send() would write, in one statement: each of its calls costs a subtransaction.
  insert into realtime.messages (id, extension, topic, event, private, payload)
  select
    told.message_id,
    'broadcast',
    :[topic_of_all],
    :[event],
    true,
    :[payload] || jsonb_build_object('id', told.message_id)
  from (select scope.id, gen_random_uuid() as message_id from unnest(:[ids]) as scope(id)) as told:[condition];
end if;
