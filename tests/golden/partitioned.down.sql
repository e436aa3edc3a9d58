-- Undoes the script for public.events: the catalogue is afterwards as it was before. May be run again.

-- Step 1 of 3: policies, alone for the same reason as when they were made.
begin;
set local lock_timeout = '2s';
set local statement_timeout = '30s';
drop policy if exists "realtime_advisor tenant:<id>:events e663b5d8" on realtime.messages;
commit;

-- Step 2 of 3: triggers.
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
drop trigger if exists realtime_advisor_insert on public.events;
drop trigger if exists realtime_advisor_update on public.events;
drop trigger if exists realtime_advisor_delete on public.events;
drop trigger if exists realtime_advisor_truncate on public.events;
do $drop$
declare
  trigger_name name;
  relation regclass;
begin
  for trigger_name, relation in
    select tgname, tgrelid::regclass
    from pg_catalog.pg_trigger
    where tgfoid = to_regprocedure('realtime_advisor.broadcast_events()') and not tgisinternal
  loop
    execute format('drop trigger %I on %s', trigger_name, relation);
  end loop;
end
$drop$;
commit;

-- Step 3 of 3: functions. What another table's script still uses, stays.
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
drop function if exists realtime_advisor.broadcast_events() restrict;

do $drop$
begin
  begin
    drop function if exists realtime_advisor.may_read_tenant_e663b5d8(text, text) restrict;
  exception
    when dependent_objects_still_exist then
      raise notice 'the function % stays: other policies use it', 'may_read_tenant_e663b5d8';
  end;
  begin
    drop schema if exists realtime_advisor restrict;
  exception
    when dependent_objects_still_exist then
      raise notice 'the schema realtime_advisor stays: other tables use it';
  end;
end
$drop$;
commit;
