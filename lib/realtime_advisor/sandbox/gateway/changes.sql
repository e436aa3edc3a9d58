-- What was committed up to a position and is published, for Postgres Changes or as Realtime's own messages.
select data
from pg_catalog.pg_logical_slot_get_binary_changes(
  %(slot)s,
  '0/0'::pg_catalog.pg_lsn + %(until)s::pg_catalog.numeric,
  null,
  'proto_version', '1',
  'publication_names', 'supabase_realtime,supabase_realtime_messages_publication'
);
