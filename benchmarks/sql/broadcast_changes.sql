-- Supabase's documented way to tell row changes: realtime.broadcast_changes for each row. Run as the role postgres.
create function public.broadcast_documents_changes()
returns trigger
security definer set search_path = ''
as $$
begin
  perform realtime.broadcast_changes(
    'tenant:' || coalesce(new.tenant_id, old.tenant_id)::text || ':documents',
    tg_op,
    tg_op,
    tg_table_name,
    tg_table_schema,
    new,
    old
  );
  return null;
end;
$$ language plpgsql;

create trigger documents_changes_trigger
  after insert or update or delete on public.documents
  for each row execute function public.broadcast_documents_changes();
