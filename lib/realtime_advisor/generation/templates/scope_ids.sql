scope_ids := array(
  select distinct :[id]
  from :[source]
  where :[condition]
  limit most_topics + 1
);
