-- public.documents: broadcast from the database.
-- Written by Realtime Decision Notebooks: change the decision, not this file.
--
-- Because: 82 % of the changes are updates, more than 50 %.
-- Because: Granularity transaction: the architect's choice.
-- Sends: stats_invalidated to tenant:<id>:dashboard
-- When: a row comes, goes, or changes in its key, its scope, or any of: title, price, labels.
-- Not told: TRUNCATE tells nobody: clients see it at their next catch-up.
-- Not told: Rows without documents.tenant_id belong to nobody and are told to nobody.
-- Not told: Messages name no record_id: each stands for all statements of a transaction.
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

-- What a transaction has to tell, until it commits. Its rows are written and deleted within one transaction,
-- so no crash can lose any that matter: unlogged. The transaction's id in the key keeps two writers of one
-- topic from waiting for each other.
create unlogged table if not exists realtime_advisor.outbox_documents (
  transaction_id xid8 not null default pg_current_xact_id(),
  topic text not null,
  event text not null,
  operation text not null,
  primary key (transaction_id, topic, event, operation)
) with (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
revoke all on realtime_advisor.outbox_documents from public, anon, authenticated;

-- Sends at commit what the transaction has to tell, each message once. What a savepoint took back is not there.
create or replace function realtime_advisor.send_documents()
returns trigger
language plpgsql
security definer  -- the writer needs no rights on realtime.messages
set search_path = ''  -- every name below is qualified
set timezone = 'UTC'  -- realtime.messages is partitioned by UTC days, whatever the writer's time zone
set lock_timeout = '250ms'  -- while policies are being changed, lose the message, not the write
as $function$
declare
  -- More messages than this in one transaction: send nothing, clients catch up by refetching.
  most_topics constant integer := 200;
  messages constant bigint := (
    select count(*)
    from realtime_advisor.outbox_documents as waiting
    where waiting.transaction_id = pg_current_xact_id()
  );
begin
  -- Called for each row; the first call tells and takes out all, and leaves nothing to the others.
  if messages = 0 then
    return null;
  end if;
  begin
    if messages > most_topics then
      raise log 'realtime_advisor: a transaction on % has more than % messages: nothing sent',
        'public.documents', most_topics;
    else
      lock table only realtime.messages in row exclusive mode;
      perform realtime.send(
        jsonb_build_object(
          'type', waiting.event,
          'table', 'documents',
          'operation', waiting.operation
        ),
        waiting.event,
        waiting.topic,
        true
      )
      from realtime_advisor.outbox_documents as waiting
      where waiting.transaction_id = pg_current_xact_id();
    end if;
  exception
    -- The application's transaction goes on without its messages, which are taken out all the same.
    when others then
      raise warning 'realtime_advisor: a transaction on % was not broadcast: % (%)', 'public.documents', sqlerrm, sqlstate;
  end;
  delete from realtime_advisor.outbox_documents as waiting where waiting.transaction_id = pg_current_xact_id();
  return null;
exception
  when others then
    raise warning 'realtime_advisor: the outbox of % was not emptied: % (%)', 'public.documents', sqlerrm, sqlstate;
    return null;
end
$function$;
comment on function realtime_advisor.send_documents() is
  'Sends at commit what a transaction on public.documents has to tell';
revoke all on function realtime_advisor.send_documents()
  from public, anon, authenticated;

-- A constraint trigger cannot be replaced.
drop trigger if exists realtime_advisor_send on realtime_advisor.outbox_documents;
create constraint trigger realtime_advisor_send
  after insert on realtime_advisor.outbox_documents
  deferrable initially deferred
  for each row execute function realtime_advisor.send_documents();

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

-- Tells of public.documents: one message for each distinct scope that a transaction touches.
create or replace function realtime_advisor.broadcast_documents()
returns trigger
language plpgsql
security definer  -- the writer needs no rights on realtime.messages
set search_path = ''  -- every name below is qualified
set timezone = 'UTC'  -- realtime.messages is partitioned by UTC days, whatever the writer's time zone
set lock_timeout = '250ms'  -- while policies are being changed, lose the message, not the write
as $function$
declare
  -- More topics than this in one statement: send nothing, clients catch up by refetching.
  most_topics constant integer := 200;
  keys uuid[];  -- values of tenant_id
begin
  if tg_op = 'INSERT' then
    -- One row, the common case, needs no grouping.
    select
      array[change.tenant_id]
    into keys
    from new_rows as change
    where not exists (select from new_rows offset 1);
    if not found then
      select array_agg(changed.tenant_id)
      into keys
      from (select distinct change.tenant_id from new_rows as change) as changed
      where changed.tenant_id is not null;
    end if;
  elsif tg_op = 'UPDATE' then
    -- One row, the common case, is compared with what it was before. A moved row tells both scopes.
    -- Types whose equality is lenient (1.0 and 1.00, citext) or missing (json) are compared as text.
    select
      case
        when (
          change.id, change.tenant_id, change.title collate "C", change.price::text collate "C",
          change.labels::text collate "C"
        ) is not distinct from (
          before.id, before.tenant_id, before.title collate "C", before.price::text collate "C",
          before.labels::text collate "C"
        ) then null
        when change.tenant_id is not distinct from before.tenant_id then array[change.tenant_id]
        else array[change.tenant_id, before.tenant_id]
      end
    into keys
    from new_rows as change
    cross join old_rows as before
    where not exists (select from new_rows offset 1);
    if not found then
      -- Of many rows, those that did not change cancel out. (EXCEPT both ways says the same, but holds all
      -- rows in memory; a join of both tables can take a plan that compares each with each.)
      select
        array_agg(changed.tenant_id)
      into keys
      from (
        select distinct change.tenant_id
        from (
          select
            change.id, change.tenant_id, change.title collate "C" as title,
            change.price::text collate "C" as price, change.labels::text collate "C" as labels,
            1 as side
          from new_rows as change
          union all
          select
            change.id, change.tenant_id, change.title collate "C" as title,
            change.price::text collate "C" as price, change.labels::text collate "C" as labels,
            -1
          from old_rows as change
        ) as change
        group by
          change.id, change.tenant_id, change.title, change.price, change.labels
        having sum(change.side) <> 0
      ) as changed
      where changed.tenant_id is not null;
    end if;
  elsif tg_op = 'DELETE' then
    -- One row, the common case, needs no grouping.
    select
      array[change.tenant_id]
    into keys
    from old_rows as change
    where not exists (select from old_rows offset 1);
    if not found then
      select array_agg(changed.tenant_id)
      into keys
      from (select distinct change.tenant_id from old_rows as change) as changed
      where changed.tenant_id is not null;
    end if;
  end if;
  if keys is null then
    return null;
  end if;

  -- tenant:<id>:dashboard
  if cardinality(keys) between 1 and most_topics then
    insert into realtime_advisor.outbox_documents (topic, event, operation)
    select 'tenant:' || told.id::text || ':dashboard', 'stats_invalidated', tg_op
    from unnest(keys) as told(id)
    where told.id is not null
    on conflict do nothing;
  elsif cardinality(keys) > most_topics then
    raise log 'realtime_advisor: % on % touches more than % topics like %: nothing sent',
      tg_op, 'public.documents', most_topics, 'tenant:<id>:dashboard';
  end if;

  return null;
exception
  -- The application's write goes on without its message. (Only a query cancel is not caught here.)
  when others then
    raise warning 'realtime_advisor: % on % was not broadcast: % (%)',
      tg_op, 'public.documents', sqlerrm, sqlstate;
    return null;
end
$function$;
comment on function realtime_advisor.broadcast_documents() is
  E'Broadcasts public.documents to\ntenant:<id>:dashboard for may_read_tenant_e663b5d8';
revoke all on function realtime_advisor.broadcast_documents()
  from public, anon, authenticated;

commit;

-- ---------------------------------------------------------------------------------------------------
-- Step 2 of 3: triggers, one for each operation, because a trigger with transition tables takes one only.
-- CREATE TRIGGER waits for the table's running writes, and new writes wait behind it: at most
-- lock_timeout. If that strikes, nothing has changed: run the step again.
-- ---------------------------------------------------------------------------------------------------
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';

create or replace trigger realtime_advisor_insert
  after insert on public.documents
  referencing new table as new_rows
  for each statement execute function realtime_advisor.broadcast_documents();
create or replace trigger realtime_advisor_update
  after update on public.documents
  referencing old table as old_rows new table as new_rows
  for each statement execute function realtime_advisor.broadcast_documents();
create or replace trigger realtime_advisor_delete
  after delete on public.documents
  referencing old table as old_rows
  for each statement execute function realtime_advisor.broadcast_documents();

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

drop policy if exists "realtime_advisor tenant:<id>:dashboard e663b5d8" on realtime.messages;
create policy "realtime_advisor tenant:<id>:dashboard e663b5d8" on realtime.messages
  for select to authenticated
  using (
    extension = 'broadcast'
    and realtime_advisor.may_read_tenant_e663b5d8((select realtime.topic()), 'dashboard')
  );

commit;
