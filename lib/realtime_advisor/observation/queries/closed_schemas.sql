-- The schemas whose objects this role cannot name, for want of USAGE.
select n.nspname::text as name
from pg_catalog.pg_namespace n
where not pg_catalog.has_schema_privilege(n.oid, 'usage')
order by n.nspname collate "C"
