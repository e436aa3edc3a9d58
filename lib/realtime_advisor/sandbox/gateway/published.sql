-- The published tables that a subscription means; * stands for all.
select schemaname, tablename
from pg_catalog.pg_publication_tables
where pubname = 'supabase_realtime'
  and (%(schema)s::text = '*' or schemaname = %(schema)s::text)
  and (%(table)s::text = '*' or tablename = %(table)s::text);
