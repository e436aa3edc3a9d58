--: about
topics := array(
  select distinct :'opening' || :[scope]::text || :'closing'
  from :[source]
  where :[condition]
  limit most_topics + 1
);
if cardinality(topics) > most_topics then
  raise log 'realtime_advisor: % on % touches more than % topics like %: nothing sent',
    tg_op, :'table', most_topics, :'topic';
elsif cardinality(topics) > 0 then
  -- One wait, if any: without this lock every single send would wait for lock_timeout.
  lock table only realtime.messages in row exclusive mode;
  perform realtime.send(
    :[payload],
    :[event],
    told.topic,
    true
  )
  from unnest(topics) as told(topic);
end if;
