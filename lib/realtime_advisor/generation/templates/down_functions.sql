:[functions]do :$drop$
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
