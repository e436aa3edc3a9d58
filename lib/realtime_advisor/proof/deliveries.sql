-- What was sent and not taken back, in order; `faults` names what is not as a message of ours has to be.
-- The parameter leaves out messages of other transactions.
select
  message.topic,
  message.event,
  message.payload,
  message.private,
  concat_ws(
    ', ',
    case when message.extension <> 'broadcast' then 'extension ' || message.extension end,
    case when message.private is not true then 'not private' end,
    case when message.payload ->> 'id' is distinct from message.id::text then 'payload.id is not the message''s id' end,
    case when message.inserted_at <> now() at time zone 'UTC' then 'not at the present UTC time' end
  ) as faults
from realtime.messages as message
where not %s or message.inserted_at = now() at time zone 'UTC'
order by message.topic collate "C", message.event collate "C", (message.payload - 'id')::text collate "C";
