-- What this server and this role are. Names are looked up in the catalogue rather than cast to regclass,
-- which raises where the role has no USAGE on the schema.
select
    pg_catalog.current_setting('server_version_num')::integer as version_num,
    pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1) as version,
    current_user::text as role,
    (
        select pg_catalog.count(*) = 2 from pg_catalog.pg_roles where rolname in ('anon', 'authenticated')
    ) and (
        select pg_catalog.count(*) = 2 from pg_catalog.pg_namespace where nspname in ('realtime', 'auth')
    ) as is_supabase,
    exists (
        select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'realtime' and c.relname = 'messages'
    ) and exists (
        select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'realtime' and p.proname = 'send'
    ) as has_realtime,
    pg_catalog.current_setting('wal_level') as wal_level,
    pg_catalog.pg_is_in_recovery() as in_recovery,
    pg_catalog.current_setting('track_counts')::boolean as track_counts,
    -- pg_stats hides a table whose columns the role may not read, or whose row level security applies to the role.
    (
        select pg_catalog.array_agg(distinct n.nspname::text)
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'm')
            and n.nspname <> 'information_schema'
            and n.nspname !~ '^pg_'
            and (
                not pg_catalog.has_table_privilege(c.oid, 'select')
                or (c.relrowsecurity and pg_catalog.row_security_active(c.oid))
            )
    ) as schemas_with_hidden_statistics
