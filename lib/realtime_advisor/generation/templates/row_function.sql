--: purpose
create or replace function realtime_advisor.:"function"()
returns trigger
language plpgsql
security definer  -- the writer needs no rights on realtime.messages
set search_path = ''  -- every name below is qualified
set timezone = 'UTC'  -- realtime.messages is partitioned by UTC days, whatever the writer's time zone
set lock_timeout = '250ms'  -- while policies are being changed, lose the message, not the write
as :$function$
declare
  -- More rows than this in one transaction: the rest is told to nobody, clients catch up by refetching.
  most_rows constant integer := :[most_rows];
  told integer;
  old_id text;  -- the scope that the row had
  new_id text;  -- the scope that it has
  is_wide boolean;
begin
  if tg_op = 'UPDATE' and (
    :[now]
  ) is not distinct from (
    :[before]
  ) then
    return null;
  end if;
  if tg_op <> 'INSERT' then
    old_id := :[old_id];
  end if;
  if tg_op <> 'DELETE' then
    new_id := :[new_id];
  end if;:[room]
  if old_id is null and new_id is null then
    return null;
  end if;

  told := coalesce(nullif(current_setting('realtime_advisor.rows_told', true), ''), '0')::integer + 1;
  if told > most_rows + 1 then
    return null;
  end if;
  perform set_config('realtime_advisor.rows_told', told::text, true);
  if told > most_rows then
    raise log 'realtime_advisor: a transaction on % changes more than % rows: the rest is not sent',
      :'table', most_rows;
    return null;
  end if;

  -- A message above the limit of Realtime's smallest plan reaches nobody: without the rows, clients fetch.
  is_wide := coalesce(octet_length(to_jsonb(old)::text), 0) + coalesce(octet_length(to_jsonb(new)::text), 0)
    > :[most_bytes];
  lock table only realtime.messages in row exclusive mode;
  if old_id = new_id then
    perform realtime.broadcast_changes(
      :[new_topic], :[updated], 'UPDATE', :'name', :'schema',
      case when not is_wide then new end, case when not is_wide then old end
    );
    return null;
  end if;
  -- A row that moves leaves one scope and comes to another, and neither may see what it is in the other.
  if old_id is not null then
    perform realtime.broadcast_changes(
      :[old_topic], :[deleted], 'DELETE', :'name', :'schema',
      null, case when not is_wide then old end
    );
  end if;
  if new_id is not null then
    perform realtime.broadcast_changes(
      :[new_topic], :[created], 'INSERT', :'name', :'schema',
      case when not is_wide then new end, null
    );
  end if;
  return null;
exception
  -- broadcast_changes() raises its errors: the application's write goes on without its message all the same.
  -- (Only a query cancel is not caught here.)
  when others then
    raise warning 'realtime_advisor: % on % was not broadcast: % (%)',
      tg_op, :'table', sqlerrm, sqlstate;
    -- Nor are the transaction's other rows told: each of them might wait for the same lock.
    perform set_config('realtime_advisor.rows_told', (most_rows + 1)::text, true);
    return null;
end
:$function$;
comment on function realtime_advisor.:"function"() is
  :'comment';
revoke all on function realtime_advisor.:"function"()
  from public, anon, authenticated;
