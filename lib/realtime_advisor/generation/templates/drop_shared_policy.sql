-- Tables of one feed share its policy, and the last one takes it along: the comment on each broadcasting
-- function lists its topics, each with the function that lets its readers in.
do :$drop$
begin
  if not exists (
    select
    from pg_catalog.pg_proc as other
    join pg_catalog.pg_namespace as home on home.oid = other.pronamespace
    where home.nspname = 'realtime_advisor'
      and other.proname <> :'function'
      and :'told' = any (string_to_array(obj_description(other.oid, 'pg_proc'), E'\n'))
  ) then
    drop policy if exists :"policy" on realtime.messages;
  end if;
end
:$drop$;
