-- Undoes the script for public.messages: the catalogue is afterwards as it was before. May be run
-- again.

-- Step 1 of 2: policies, alone for the same reason as when they were made.
begin;
set local lock_timeout = '2s';
set local statement_timeout = '30s';
drop policy if exists "realtime_advisor presence select thread:<id>:presence 0b5f3a4d" on realtime.messages;
drop policy if exists "realtime_advisor presence insert thread:<id>:presence 0b5f3a4d" on realtime.messages;
commit;

-- Step 2 of 2: functions. What another table's script still uses, stays.
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
do $drop$
begin
  begin
    drop function if exists realtime_advisor.may_read_thread_0577025a(text, text) restrict;
  exception
    when dependent_objects_still_exist then
      raise notice 'the function % stays: other policies use it', 'may_read_thread_0577025a';
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
