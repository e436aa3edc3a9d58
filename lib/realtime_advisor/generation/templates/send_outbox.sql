insert into realtime_advisor.:"outbox" (topic, event, operation)
select :[topic_of_all], :[event], tg_op
from unnest(:[ids]) as told(id):[condition]
on conflict do nothing;
