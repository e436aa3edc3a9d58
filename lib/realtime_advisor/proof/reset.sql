-- Takes away what a proof has built, so that the next may build on the same copy.
do $reset$
declare
  found record;
begin
  for found in select extname from pg_extension where extname <> 'plpgsql' loop
    execute format('drop extension %I cascade', found.extname);
  end loop;
  for found in
    select nspname from pg_namespace
    where nspname !~ '^pg_' and nspname not in ('information_schema', 'public', 'auth', 'extensions', 'realtime')
  loop
    execute format('drop schema %I cascade', found.nspname);
  end loop;
  for found in
    select oid::regclass as relation from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
  loop
    execute format('drop table if exists %s cascade', found.relation);
  end loop;
  for found in
    select oid::regtype as kind from pg_type
    where typnamespace = 'public'::regnamespace and typtype in ('e', 'd', 'c')
  loop
    execute format('drop type if exists %s cascade', found.kind);
  end loop;
  for found in select oid::regprocedure as routine from pg_proc where pronamespace = 'public'::regnamespace loop
    execute format('drop routine if exists %s cascade', found.routine);
  end loop;
  delete from realtime.messages;
end
$reset$;
