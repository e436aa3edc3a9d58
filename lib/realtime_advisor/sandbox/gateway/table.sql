-- What Postgres Changes needs to know of a table, for one role: a row for each column, in their order.
select
  attribute.attname as name,
  type.typname as type,
  pg_catalog.format_type(attribute.atttypid, null) as cast_to,
  coalesce(attribute.attnum = any(key.indkey), false) as is_key,
  pg_catalog.has_column_privilege(%(role)s, class.oid, attribute.attnum, 'select') as is_readable,
  class.relrowsecurity as has_row_security
from pg_catalog.pg_class as class
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
join pg_catalog.pg_attribute as attribute on attribute.attrelid = class.oid
join pg_catalog.pg_type as type on type.oid = attribute.atttypid
left join pg_catalog.pg_index as key on key.indrelid = class.oid and key.indisprimary
where namespace.nspname = %(schema)s
  and class.relname = %(name)s
  and attribute.attnum > 0
  and not attribute.attisdropped
order by attribute.attnum;
