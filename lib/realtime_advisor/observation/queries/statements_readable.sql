-- Whether pg_stat_statements can be read here, and the setting that has its view found, for this transaction only.
-- Where the library is loaded its settings exist.
select
    n.nspname::text as schema,
    pg_catalog.current_setting('pg_stat_statements.max', true) is not null as loaded,
    pg_catalog.has_schema_privilege(n.oid, 'usage')
        and pg_catalog.has_table_privilege(view.oid, 'select') as readable,
    pg_catalog.set_config('search_path', pg_catalog.quote_ident(n.nspname), true) as search_path
from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
join pg_catalog.pg_class view on view.relnamespace = n.oid and view.relname = 'pg_stat_statements'
where e.extname = 'pg_stat_statements'
