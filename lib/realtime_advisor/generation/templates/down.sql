--: head

-- Step 1 of 3: policies, alone for the same reason as when they were made.
begin;
set local lock_timeout = '2s';
:[policies]
commit;

-- Step 2 of 3: triggers.
begin;
set local lock_timeout = '3s';
:[triggers]
commit;

-- Step 3 of 3: functions. What another table's script still uses, stays.
begin;
set local lock_timeout = '3s';
:[functions]

do :$drop$
begin
:[entitlements]
  begin
    drop schema if exists realtime_advisor restrict;
  exception
    when dependent_objects_still_exist then
      raise notice 'the schema realtime_advisor stays: other tables use it';
  end;
end
:$drop$;
commit;
