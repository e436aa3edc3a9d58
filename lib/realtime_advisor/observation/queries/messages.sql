-- realtime.messages, and which of its daily partitions the messages of today and of tomorrow go to, in UTC.
-- A default partition takes those of a day that has none.
with partition as (
    select i.inhparent as parent, c.oid, c.relname::text as name
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = i.inhrelid
),
day (today, tomorrow) as (
    select
        pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.now()), '"messages_"YYYY_MM_DD'),
        pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.now()) + interval '1 day', '"messages_"YYYY_MM_DD')
)
select
    c.oid::bigint as relid,
    c.relrowsecurity as row_security,
    c.relkind = 'p' as partitioned,
    array(select name from partition where parent = c.oid order by name) as partitions,
    coalesce(
        (select name from partition where parent = c.oid and name = day.today),
        (select name from partition where oid = partitioning.partdefid),
        day.today
    ) as today,
    coalesce(
        (select name from partition where parent = c.oid and name = day.tomorrow),
        (select name from partition where oid = partitioning.partdefid),
        day.tomorrow
    ) as tomorrow
from pg_catalog.pg_class c
cross join day
left join pg_catalog.pg_partitioned_table partitioning on partitioning.partrelid = c.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'realtime' and c.relname = 'messages' and c.relkind in ('r', 'p')
