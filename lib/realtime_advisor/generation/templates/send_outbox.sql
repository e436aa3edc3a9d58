insert into realtime_advisor.:"outbox" (topic, event, operation)
select :[told_topic], :[event], tg_op
from unnest(:[ids]) as told(id):[condition]
on conflict do nothing;
