-- How many messages were sent today (UTC) in the last three hours, by event and by kind of topic. The kinds are in the
-- setting realtime_advisor.topics, such as '["tenant:<id>:dashboard"]'; no id is read out: a topic of no such kind is
-- null. Comparing inserted_at keeps to the partition of today.
with utc as (
    select pg_catalog.timezone('UTC', pg_catalog.now()) as now
),
kind as (
    select
        topic,
        pg_catalog.split_part(topic, '<id>', 1) as opening,
        pg_catalog.split_part(topic, '<id>', 2) as closing
    from pg_catalog.jsonb_array_elements_text(
        coalesce(nullif(pg_catalog.current_setting('realtime_advisor.topics', true), ''), '[]')::pg_catalog.jsonb
    ) as given (topic)
),
sent as (
    select message.event, message.topic, pg_catalog.count(*) as messages
    from realtime.messages message
    where message.extension = 'broadcast'
        and message.inserted_at >= (
            select greatest(pg_catalog.date_trunc('day', utc.now), utc.now - interval '3 hours') from utc
        )
    group by message.event, message.topic
)
select found.topic, sent.event, pg_catalog.sum(sent.messages)::bigint as messages
from sent
left join lateral (
    select kind.topic
    from kind
    where pg_catalog.starts_with(sent.topic, kind.opening)
        and pg_catalog.right(sent.topic, pg_catalog.length(kind.closing)) = kind.closing
        and pg_catalog.length(sent.topic) > pg_catalog.length(kind.opening) + pg_catalog.length(kind.closing)
    order by pg_catalog.length(kind.opening) + pg_catalog.length(kind.closing) desc, kind.topic
    limit 1
) found on true
group by found.topic, sent.event
order by found.topic, sent.event
