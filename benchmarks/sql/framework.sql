-- The decision framework's trigger of its dashboard, as published but for the two faults that keep it from doing what it
-- says: names are qualified, because the search path is empty, and a deleted row is OLD. Run as the role postgres.
create function public.broadcast_stats_update()
returns trigger
security definer set search_path = ''
as $$
declare
  affected_tenant_id uuid;
  changed record;
begin
  if tg_op = 'DELETE' then
    changed := old;
  else
    changed := new;
  end if;

  -- Determine tenant ID from the change
  if tg_table_name = 'documents' then
    affected_tenant_id := changed.tenant_id;
  elsif tg_table_name = 'payments' then
    affected_tenant_id := changed.tenant_id;
  elsif tg_table_name = 'statements' then
    affected_tenant_id := changed.tenant_id;
  elsif tg_table_name = 'messages' then
    -- Get tenant from thread
    select tenant_id into affected_tenant_id
    from public.message_threads
    where id = changed.thread_id;
  end if;

  -- Send lightweight "invalidate" signal
  if affected_tenant_id is not null then
    perform realtime.send(
      jsonb_build_object(
        'type', 'stats_updated',
        'table', tg_table_name,
        'tenant_id', affected_tenant_id
      ),
      'stats_invalidated',
      'tenant:' || affected_tenant_id::text || ':dashboard',
      true  -- private channel
    );
  end if;

  return new;
end;
$$ language plpgsql;

create trigger documents_stats_trigger
  after insert or update or delete on public.documents
  for each row execute function public.broadcast_stats_update();
