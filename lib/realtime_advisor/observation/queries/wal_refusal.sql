-- Why a logical slot cannot be had: settings, this role's right, slots that nobody reads, and the oldest open writer of
-- any database, which a new slot waits for.
select
    pg_catalog.current_setting('wal_level') as wal_level,
    pg_catalog.current_setting('max_replication_slots')::integer as max_replication_slots,
    (
        select rolreplication or rolsuper or exists (
            -- Amazon RDS gives the right by membership.
            select from pg_catalog.pg_roles r
            where r.rolname = 'rds_replication' and pg_catalog.pg_has_role(current_user, r.oid, 'member')
        )
        from pg_catalog.pg_roles where rolname = current_user
    ) as may_replicate,
    array(select slot_name::text from pg_catalog.pg_replication_slots where not active order by 1) as idle_slots,
    writer.pid as writer_pid,
    writer.application_name as writer_name,
    pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - writer.xact_start)::integer as writer_seconds,
    (select gid from pg_catalog.pg_prepared_xacts order by prepared limit 1) as prepared
from (select) one
left join lateral (
    select pid, application_name, xact_start
    from pg_catalog.pg_stat_activity
    where backend_xid is not null
    order by pg_catalog.age(backend_xid) desc
    limit 1
) writer on true
