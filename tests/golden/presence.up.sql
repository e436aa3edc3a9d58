-- public.messages: tracked in Presence by its clients.
-- Written by Realtime Decision Notebooks: change the decision, not this file.
--
-- Because: Let clients track() this state on a Presence channel of its own: it needs no table, no
--   trigger, and vanishes with the connection.
-- Tracked on: thread:<id>:presence, whose members see each other; nothing is stored.
-- Proof: not proved; nobody has run this script yet. Try it on a staging database first.
--
-- Apply: psql -v ON_ERROR_STOP=1 -f <this file>, as the owner of the tables, with BYPASSRLS (on
--   Supabase: postgres). Every step is a transaction of its own and may be run again.
-- Verify: run the check script, every line of it should be ok.
-- Undo: run the down script.

-- ---------------------------------------------------------------------------------------------------
-- Step 1 of 2: functions. They change nothing until the policies of step 2 call them.
-- ---------------------------------------------------------------------------------------------------
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';

-- Fail here, in words, rather than lose messages later.
do $check$
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
$check$;

do $check$
declare
  needed text;
begin
  -- Scopes and members are looked up here by the functions' owner; refused, it would find nobody entitled.
  foreach needed in array array['public.message_threads', 'public.memberships'] loop
    if to_regclass(needed) is null or not has_table_privilege(needed, 'select') then
      raise exception 'role % may not read %, or it does not exist: install as its owner', current_user, needed;
    end if;
  end loop;
end
$check$;

create schema if not exists realtime_advisor;
revoke all on schema realtime_advisor from public;

-- Whether the caller may listen to a topic thread:<id>:<entity>: a row of public.memberships pairs the
-- thread (through its tenant) with the sub of the caller's token.
create or replace function realtime_advisor.may_read_thread_0577025a(topic text, entity text)
returns boolean
language plpgsql
stable
security definer  -- neither grants nor row level security of the tables below stand in the way
set search_path = ''
as $function$
#variable_conflict use_variable
declare
  opening constant text := 'thread:';
  closing constant text := ':' || entity;
  scope_id uuid;
  user_id uuid;
begin
  if starts_with(topic, opening) is not true or right(topic, length(closing)) is distinct from closing then
    return false;
  end if;
  -- The id is parsed and looked up by key: concatenated topics could use no index.
  scope_id := substr(topic, length(opening) + 1, length(topic) - length(opening) - length(closing))::uuid;
  user_id := (auth.jwt() ->> 'sub')::uuid;
  -- Only the one spelling that the trigger sends to.
  if topic is distinct from opening || scope_id::text || closing then
    return false;
  end if;
  return exists (
    select
    from public.message_threads as scope_1
    join public.memberships as member on member.tenant_id = scope_1.tenant_id
    where scope_1.id = scope_id
      and member.user_id = user_id
  );
exception
  -- No key of that type in the topic or in the token. All policies are evaluated at each join, so an
  -- error here would deny this user every topic, not just this one.
  when others then
    return false;
end
$function$;
revoke all on function realtime_advisor.may_read_thread_0577025a(text, text) from public, anon;
grant execute on function realtime_advisor.may_read_thread_0577025a(text, text) to authenticated;

commit;

-- ---------------------------------------------------------------------------------------------------
-- Step 2 of 2: who may listen. CREATE POLICY locks out every reader and writer of realtime.messages (and,
-- on Supabase, of the auth tables) until commit, so it stands alone in a short transaction. If
-- lock_timeout strikes, nothing has changed: run the step again.
-- On Supabase, postgres may do this. Elsewhere only the owner of realtime.messages or a superuser may.
-- The answer is kept for a joined channel until the client's token is renewed: who loses the right to
-- listen may hear messages until then.
-- ---------------------------------------------------------------------------------------------------
begin;
set local lock_timeout = '2s';
set local statement_timeout = '30s';

drop policy if exists "realtime_advisor presence select thread:<id>:presence 0b5f3a4d" on realtime.messages;
create policy "realtime_advisor presence select thread:<id>:presence 0b5f3a4d" on realtime.messages
  for select to authenticated
  using (
    extension = 'presence'
    and realtime_advisor.may_read_thread_0577025a((select realtime.topic()), 'presence')
  );

drop policy if exists "realtime_advisor presence insert thread:<id>:presence 0b5f3a4d" on realtime.messages;
create policy "realtime_advisor presence insert thread:<id>:presence 0b5f3a4d" on realtime.messages
  for insert to authenticated
  with check (
    extension = 'presence'
    and realtime_advisor.may_read_thread_0577025a((select realtime.topic()), 'presence')
  );

commit;
