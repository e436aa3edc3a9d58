do :$drop$
declare
  trigger_name name;
  relation regclass;
begin
  for trigger_name, relation in
    select tgname, tgrelid::regclass
    from pg_catalog.pg_trigger
    where tgfoid = to_regprocedure(:'function') and not tgisinternal
  loop
    execute format('drop trigger %I on %s', trigger_name, relation);
  end loop;
end
:$drop$;
