-- Undoes the script for public.documents: the catalogue is afterwards as it was before. May be run
-- again.

-- Step 1 of 3: policies, alone for the same reason as when they were made.
begin;
set local lock_timeout = '2s';
set local statement_timeout = '30s';
drop policy if exists "realtime_advisor tenant:<id>:documents e663b5d8" on realtime.messages;
drop policy if exists "realtime_advisor broadcast insert tenant:<id>:document_ede5eb84" on realtime.messages;
commit;

-- Step 2 of 3: triggers.
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
drop trigger if exists realtime_advisor_insert on public.documents;
drop trigger if exists realtime_advisor_update on public.documents;
drop trigger if exists realtime_advisor_delete on public.documents;
commit;

-- Step 3 of 3: functions. What another table's script still uses, stays.
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
drop function if exists realtime_advisor.broadcast_documents() restrict;

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
