--: head

-- ---------------------------------------------------------------------------------------------------
-- Step 1 of :[count]: functions. They change nothing until the :[callers] of step 2 call them.
-- ---------------------------------------------------------------------------------------------------
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';

-- Fail here, in words, rather than lose messages later.
do :$check$
begin
  if current_setting('server_version_num')::integer < 140000 then
    raise exception 'PostgreSQL 14 or later is needed, for create or replace trigger';
  end if;
  if to_regrole('anon') is null or to_regrole('authenticated') is null then
    raise exception 'the roles anon and authenticated do not exist: is this a Supabase database?';
  end if;
  if to_regnamespace('realtime') is null or to_regnamespace('auth') is null then
    raise exception 'the schemas realtime and auth do not exist: is this a Supabase database?';
  end if;
  if not has_schema_privilege('realtime', 'usage') or not has_schema_privilege('auth', 'usage') then
    raise exception 'role % has no usage on the schemas realtime and auth: install as postgres', current_user;
  end if;
  if to_regprocedure('realtime.send(jsonb, text, text, boolean)') is null
    or to_regprocedure('realtime.topic()') is null
    or to_regprocedure('auth.jwt()') is null then
    raise exception 'realtime.send(), realtime.topic() or auth.jwt() is missing: is this Supabase?';
  end if;
  -- The functions below run as their owner, whom row level security on realtime.messages must not stop.
  if not exists (select from pg_roles where rolname = current_user and (rolbypassrls or rolsuper)) then
    raise exception 'role % has no BYPASSRLS, its messages would be dropped: install as postgres', current_user;
  end if;
  -- In somebody else's schema, somebody else could replace the functions below.
  if exists (
    select from pg_namespace
    where nspname = 'realtime_advisor' and not pg_has_role(nspowner, 'usage')
  ) then
    raise exception 'the schema realtime_advisor belongs to a role that % is no member of', current_user;
  end if;
end
:$check$;
:[reads]
create schema if not exists realtime_advisor;
revoke all on schema realtime_advisor from public;

:[functions]

commit;
