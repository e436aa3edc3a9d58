-- Undoes the script for public.messages: the catalogue is afterwards as it was before. May be run
-- again.

-- Step 1 of 3: policies, alone for the same reason as when they were made.
begin;
set local lock_timeout = '2s';
set local statement_timeout = '30s';
drop policy if exists "realtime_advisor app:messages:thread:<id> a9f5e421" on realtime.messages;
-- Tables of one feed share its policy, and the last one takes it along: the comment on each broadcasting
-- function lists its topics, each with the function that lets its readers in.
do $drop$
begin
  if not exists (
    select
    from pg_catalog.pg_proc as other
    join pg_catalog.pg_namespace as home on home.oid = other.pronamespace
    where home.nspname = 'realtime_advisor'
      and other.proname <> 'broadcast_messages'
      and 'app:dashboard:tenant:<id> for may_read_tenant_78d21546' = any (string_to_array(obj_description(other.oid, 'pg_proc'), E'\n'))
  ) then
    drop policy if exists "realtime_advisor app:dashboard:tenant:<id> 78d21546" on realtime.messages;
  end if;
end
$drop$;
commit;

-- Step 2 of 3: triggers.
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
drop trigger if exists realtime_advisor_insert on public.messages;
drop trigger if exists realtime_advisor_update on public.messages;
drop trigger if exists realtime_advisor_delete on public.messages;
drop trigger if exists realtime_advisor_update_messages on public.message_threads;
drop trigger if exists realtime_advisor_delete_messages on public.message_threads;
commit;

-- Step 3 of 3: functions. What another table's script still uses, stays.
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
drop function if exists realtime_advisor.broadcast_messages() restrict;
drop function if exists realtime_advisor.follow_messages_message_threads_a74a8a14() restrict;

do $drop$
begin
  begin
    drop function if exists realtime_advisor.may_read_thread_a9f5e421(text, text) restrict;
  exception
    when dependent_objects_still_exist then
      raise notice 'the function % stays: other policies use it', 'may_read_thread_a9f5e421';
  end;
  begin
    drop function if exists realtime_advisor.may_read_tenant_78d21546(text, text) restrict;
  exception
    when dependent_objects_still_exist then
      raise notice 'the function % stays: other policies use it', 'may_read_tenant_78d21546';
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
