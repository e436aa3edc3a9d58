-- The number that initdb gave the cluster; standbys have their primary's.
select system_identifier from pg_catalog.pg_control_system()
