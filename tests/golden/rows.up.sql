-- public.documents: broadcast from the database.
-- Written by Realtime Decision Notebooks: change the decision, not this file.
--
-- Because: 82 % of the changes are updates, more than 50 %.
-- Because: Granularity row: the architect's choice.
-- Sends: documents_created|updated|deleted to tenant:<id>:documents
-- When: a row comes, goes, or changes in its key, its scope, or any of: title, price, labels.
-- Not told: TRUNCATE tells nobody: clients see it at their next catch-up.
-- Not told: Rows without documents.tenant_id belong to nobody and are told to nobody.
-- Not told: Rows beyond the cap of a transaction are told to nobody: clients see them at their next
--   catch-up.
-- Mind: every listener is sent whole rows, as they are and as they were: id, tenant_id, title, price,
--   labels, updated_at, and every column added later.
-- Mind: each row is a message of its own: many rows in one statement take about ten times as long to
--   write, and all of them count as messages.
-- Mind: how many rows are written was not measured: measure before this is applied.
-- Proof: not proved; nobody has run this script yet. Try it on a staging database first.
--
-- Apply: psql -v ON_ERROR_STOP=1 -f <this file>, as the owner of the tables, with BYPASSRLS (on
--   Supabase: postgres). Every step is a transaction of its own and may be run again.
-- Verify: run the check script, every line of it should be ok.
-- Undo: run the down script.

-- ---------------------------------------------------------------------------------------------------
-- Step 1 of 3: functions. They change nothing until the triggers of step 2 call them.
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
  hidden text;
begin
  -- Who listens is sent these columns, so has to be one who may read them.
  select carried.name into hidden
  from (
    select there.attname::text as name, there.attrelid as relation, there.attnum as number
    from pg_attribute as there
    where there.attrelid = to_regclass('public.documents') and there.attnum > 0 and not there.attisdropped
  ) as carried
  where has_column_privilege('authenticated', carried.relation, carried.number, 'select') is not true
  order by carried.number
  limit 1;
  if found then
    raise exception 'authenticated may not select % of %, or it is not there: leave it out of the payload',
      hidden, 'public.documents';
  end if;
end
$check$;

do $check$
declare
  needed text;
begin
  -- Scopes and members are looked up here by the functions' owner; refused, it would find nobody entitled.
  foreach needed in array array['public.memberships'] loop
    if to_regclass(needed) is null or not has_table_privilege(needed, 'select') then
      raise exception 'role % may not read %, or it does not exist: install as its owner', current_user, needed;
    end if;
  end loop;
end
$check$;

create schema if not exists realtime_advisor;
revoke all on schema realtime_advisor from public;

-- Whether the caller may listen to a topic tenant:<id>:<entity>: a row of public.memberships pairs the
-- tenant with the sub of the caller's token.
create or replace function realtime_advisor.may_read_tenant_e663b5d8(topic text, entity text)
returns boolean
language plpgsql
stable
security definer  -- neither grants nor row level security of the tables below stand in the way
set search_path = ''
as $function$
#variable_conflict use_variable
declare
  opening constant text := 'tenant:';
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
    from public.memberships as member
    where member.tenant_id = scope_id
      and member.user_id = user_id
  );
exception
  -- No key of that type in the topic or in the token. All policies are evaluated at each join, so an
  -- error here would deny this user every topic, not just this one.
  when others then
    return false;
end
$function$;
revoke all on function realtime_advisor.may_read_tenant_e663b5d8(text, text) from public, anon;
grant execute on function realtime_advisor.may_read_tenant_e663b5d8(text, text) to authenticated;

-- Tells of public.documents: each row that changes, to its scope, with the row itself.
create or replace function realtime_advisor.broadcast_documents()
returns trigger
language plpgsql
security definer  -- the writer needs no rights on realtime.messages
set search_path = ''  -- every name below is qualified
set timezone = 'UTC'  -- realtime.messages is partitioned by UTC days, whatever the writer's time zone
set lock_timeout = '250ms'  -- while policies are being changed, lose the message, not the write
as $function$
declare
  -- More rows than this in one transaction: the rest is told to nobody, clients catch up by refetching.
  most_rows constant integer := 200;
  told integer;
  old_id text;  -- the scope that the row had
  new_id text;  -- the scope that it has
  is_wide boolean;
begin
  if tg_op = 'UPDATE' and (
    new.id, new.tenant_id, new.title collate "C", new.price::text collate "C",
    new.labels::text collate "C"
  ) is not distinct from (
    old.id, old.tenant_id, old.title collate "C", old.price::text collate "C",
    old.labels::text collate "C"
  ) then
    return null;
  end if;
  if tg_op <> 'INSERT' then
    old_id := old.tenant_id::text;
  end if;
  if tg_op <> 'DELETE' then
    new_id := new.tenant_id::text;
  end if;
  if old_id is null and new_id is null then
    return null;
  end if;

  told := coalesce(nullif(current_setting('realtime_advisor.rows_told', true), ''), '0')::integer + 1;
  if told > most_rows + 1 then
    return null;
  end if;
  perform set_config('realtime_advisor.rows_told', told::text, true);
  if told > most_rows then
    raise log 'realtime_advisor: a transaction on % changes more than % rows: the rest is not sent',
      'public.documents', most_rows;
    return null;
  end if;

  -- A message above the limit of Realtime's smallest plan reaches nobody: without the rows, clients fetch.
  is_wide := coalesce(octet_length(to_jsonb(old)::text), 0) + coalesce(octet_length(to_jsonb(new)::text), 0)
    > 252000;
  lock table only realtime.messages in row exclusive mode;
  if old_id = new_id then
    perform realtime.broadcast_changes(
      'tenant:' || new_id || ':documents', 'documents_updated', 'UPDATE', 'documents', 'public',
      case when not is_wide then new end, case when not is_wide then old end
    );
    return null;
  end if;
  -- A row that moves leaves one scope and comes to another, and neither may see what it is in the other.
  if old_id is not null then
    perform realtime.broadcast_changes(
      'tenant:' || old_id || ':documents', 'documents_deleted', 'DELETE', 'documents', 'public',
      null, case when not is_wide then old end
    );
  end if;
  if new_id is not null then
    perform realtime.broadcast_changes(
      'tenant:' || new_id || ':documents', 'documents_created', 'INSERT', 'documents', 'public',
      case when not is_wide then new end, null
    );
  end if;
  return null;
exception
  -- broadcast_changes() raises its errors: the application's write goes on without its message all the same.
  -- (Only a query cancel is not caught here.)
  when others then
    raise warning 'realtime_advisor: % on % was not broadcast: % (%)',
      tg_op, 'public.documents', sqlerrm, sqlstate;
    -- Nor are the transaction's other rows told: each of them might wait for the same lock.
    perform set_config('realtime_advisor.rows_told', (most_rows + 1)::text, true);
    return null;
end
$function$;
comment on function realtime_advisor.broadcast_documents() is
  E'Broadcasts public.documents to\ntenant:<id>:documents for may_read_tenant_e663b5d8';
revoke all on function realtime_advisor.broadcast_documents()
  from public, anon, authenticated;

commit;

-- ---------------------------------------------------------------------------------------------------
-- Step 2 of 3: triggers, one for each operation.
-- CREATE TRIGGER waits for the table's running writes, and new writes wait behind it: at most
-- lock_timeout. If that strikes, nothing has changed: run the step again.
-- ---------------------------------------------------------------------------------------------------
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';

create or replace trigger realtime_advisor_insert
  after insert on public.documents
  for each row execute function realtime_advisor.broadcast_documents();
create or replace trigger realtime_advisor_update
  after update on public.documents
  for each row execute function realtime_advisor.broadcast_documents();
create or replace trigger realtime_advisor_delete
  after delete on public.documents
  for each row execute function realtime_advisor.broadcast_documents();

commit;

-- ---------------------------------------------------------------------------------------------------
-- Step 3 of 3: who may listen. CREATE POLICY locks out every reader and writer of realtime.messages (and,
-- on Supabase, of the auth tables) until commit, so it stands alone in a short transaction. If
-- lock_timeout strikes, nothing has changed: run the step again.
-- On Supabase, postgres may do this. Elsewhere only the owner of realtime.messages or a superuser may.
-- The answer is kept for a joined channel until the client's token is renewed: who loses the right to
-- listen may hear messages until then.
-- ---------------------------------------------------------------------------------------------------
begin;
set local lock_timeout = '2s';
set local statement_timeout = '30s';

drop policy if exists "realtime_advisor tenant:<id>:documents e663b5d8" on realtime.messages;
create policy "realtime_advisor tenant:<id>:documents e663b5d8" on realtime.messages
  for select to authenticated
  using (
    extension = 'broadcast'
    and realtime_advisor.may_read_tenant_e663b5d8((select realtime.topic()), 'documents')
  );

commit;
