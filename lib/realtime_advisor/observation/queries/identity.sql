-- What tells this database from others without naming a host, and whether this role may read the cluster's own number.
select
    d.oid::bigint as database_oid,
    d.datname::text as name,
    pg_catalog.current_setting('server_version_num')::integer / 10000 as major,
    pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute') as may_read_control
from pg_catalog.pg_database d
where d.datname = pg_catalog.current_database()
