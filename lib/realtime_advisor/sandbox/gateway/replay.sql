-- The last broadcasts of a private topic since a moment, in milliseconds of the epoch, oldest first.
select id::text, event, payload::text
from (
    select id, event, payload, inserted_at
    from realtime.messages
    where topic = %(topic)s
      and private
      and extension = 'broadcast'
      and inserted_at >= to_timestamp(%(since)s / 1000.0) at time zone 'UTC'
      and payload is not null
    order by inserted_at desc
    limit %(limit)s
) as last_ones
order by inserted_at
