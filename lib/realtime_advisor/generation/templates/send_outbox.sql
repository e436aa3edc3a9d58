insert into realtime_advisor.:"outbox" (topic, event, operation)
select :'opening' || told.id::text || :'closing', :[event], tg_op
from unnest(:[ids]) as told(id):[condition]
on conflict do nothing;
