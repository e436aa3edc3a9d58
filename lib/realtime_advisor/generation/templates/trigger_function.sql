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
  -- More topics than this in one statement: send nothing, clients catch up by refetching.
  most_topics constant integer := :[most_topics];
  :[variables]
begin
  :[collect]
  if :[key] is null then
    return null;
  end if;

  :[sends]

  return null;
exception
  -- The application's write goes on without its message. (Only a query cancel is not caught here.)
  when others then
    raise warning 'realtime_advisor: % on % was not broadcast: % (%)',
      tg_op, :'table', sqlerrm, sqlstate;
    return null;
end
:$function$;
comment on function realtime_advisor.:"function"() is
  :'comment';
revoke all on function realtime_advisor.:"function"()
  from public, anon, authenticated;
