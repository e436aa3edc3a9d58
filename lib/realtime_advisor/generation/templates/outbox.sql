-- What a transaction has to tell, until it commits. Its rows are written and deleted within one transaction,
-- so no crash can lose any that matter: unlogged. The transaction's id in the key keeps two writers of one
-- topic from waiting for each other.
create unlogged table if not exists realtime_advisor.:"outbox" (
  transaction_id xid8 not null default pg_current_xact_id(),
  topic text not null,
  event text not null,
  operation text not null,
  primary key (transaction_id, topic, event, operation)
) with (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
revoke all on realtime_advisor.:"outbox" from public, anon, authenticated;

-- Sends at commit what the transaction has to tell, each message once. What a savepoint took back is not there.
create or replace function realtime_advisor.:"function"()
returns trigger
language plpgsql
security definer  -- the writer needs no rights on realtime.messages
set search_path = ''  -- every name below is qualified
set timezone = 'UTC'  -- realtime.messages is partitioned by UTC days, whatever the writer's time zone
set lock_timeout = '250ms'  -- while policies are being changed, lose the message, not the write
as :$function$
declare
  -- More messages than this in one transaction: send nothing, clients catch up by refetching.
  most_topics constant integer := :[most_topics];
  messages constant bigint := (
    select count(*)
    from realtime_advisor.:"outbox" as waiting
    where waiting.transaction_id = pg_current_xact_id()
  );
begin
  -- Called for each row; the first call tells and takes out all, and leaves nothing to the others.
  if messages = 0 then
    return null;
  end if;
  begin
    if messages > most_topics then
      raise log 'realtime_advisor: a transaction on % has more than % messages: nothing sent',
        :'table', most_topics;
    else
      lock table only realtime.messages in row exclusive mode;
      perform realtime.send(
        jsonb_build_object(
          'type', waiting.event,
          'table', :'name',
          'operation', waiting.operation
        ),
        waiting.event,
        waiting.topic,
        true
      )
      from realtime_advisor.:"outbox" as waiting
      where waiting.transaction_id = pg_current_xact_id();
    end if;
  exception
    -- The application's transaction goes on without its messages, which are taken out all the same.
    when others then
      raise warning 'realtime_advisor: a transaction on % was not broadcast: % (%)', :'table', sqlerrm, sqlstate;
  end;
  delete from realtime_advisor.:"outbox" as waiting where waiting.transaction_id = pg_current_xact_id();
  return null;
exception
  when others then
    raise warning 'realtime_advisor: the outbox of % was not emptied: % (%)', :'table', sqlerrm, sqlstate;
    return null;
end
:$function$;
comment on function realtime_advisor.:"function"() is
  :'comment';
revoke all on function realtime_advisor.:"function"()
  from public, anon, authenticated;

-- A constraint trigger cannot be replaced.
drop trigger if exists realtime_advisor_send on realtime_advisor.:"outbox";
create constraint trigger realtime_advisor_send
  after insert on realtime_advisor.:"outbox"
  deferrable initially deferred
  for each row execute function realtime_advisor.:"function"();
