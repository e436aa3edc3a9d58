-- public.documents: broadcast from the database.
-- Written by Realtime Decision Notebooks: change the decision, not this file.
--
-- Because: 82 % of the changes are updates, more than 50 %.
-- Because: Granularity statement: the default, as neither statements nor transactions were counted.
-- Sends: stats_invalidated to tenant:<id>:dashboard
-- When: a row comes, goes, or changes in its key, its scope, or any of: title, price, labels.
-- Not told: TRUNCATE tells nobody: clients see it at their next catch-up.
-- Not told: Rows without documents.tenant_id belong to nobody and are told to nobody.
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

-- Tells of public.documents: one message for each distinct scope that a statement touches.
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
  record_id text;  -- of the one row, when the statement wrote exactly one
  keys uuid[];  -- values of tenant_id
  scope_id text;
begin
  if tg_op = 'INSERT' then
    -- One row, the common case, is told at once.
    perform realtime.send(
      jsonb_build_object(
        'type', 'stats_invalidated',
        'table', 'documents',
        'operation', tg_op,
        'record_id', change.id::text  -- not "id", which send() keeps for the message
      ),
      'stats_invalidated',
      'tenant:' || change.tenant_id::text || ':dashboard',
      true
    )
    from new_rows as change
    where change.tenant_id is not null
      and not exists (select from new_rows offset 1);
    if found then
      return null;
    end if;
    select array_agg(changed.tenant_id)
    into keys
    from (select distinct change.tenant_id from new_rows as change) as changed
    where changed.tenant_id is not null;
  elsif tg_op = 'UPDATE' then
    -- One row that keeps its scope, the common case, is told at once, if it changed.
    -- Types whose equality is lenient (1.0 and 1.00, citext) or missing (json) are compared as text.
    -- The scopes are not compared by =, so that no plan made for many rows hashes them for one.
    perform
      case
        when (
          change.id, change.title collate "C", change.price::text collate "C",
          change.labels::text collate "C"
        ) is distinct from (
          before.id, before.title collate "C", before.price::text collate "C",
          before.labels::text collate "C"
        ) then realtime.send(
          jsonb_build_object(
            'type', 'stats_invalidated',
            'table', 'documents',
            'operation', tg_op,
            'record_id', change.id::text  -- not "id", which send() keeps for the message
          ),
          'stats_invalidated',
          'tenant:' || change.tenant_id::text || ':dashboard',
          true
        )
      end
    from new_rows as change
    cross join old_rows as before
    where change.tenant_id is not null
      and change.tenant_id is not distinct from before.tenant_id
      and not exists (select from new_rows offset 1);
    if found then
      return null;
    end if;
    -- Of many rows, those that did not change cancel out. (EXCEPT both ways says the same, but holds all
    -- rows in memory; a join of both tables can take a plan that compares each with each.)
    select
      (
        select change.id::text  -- of a row that moved
        from new_rows as change
        where not exists (select from new_rows offset 1)
      ),
      array_agg(changed.tenant_id)
    into record_id, keys
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
  elsif tg_op = 'DELETE' then
    -- One row, the common case, is told at once.
    perform realtime.send(
      jsonb_build_object(
        'type', 'stats_invalidated',
        'table', 'documents',
        'operation', tg_op,
        'record_id', change.id::text  -- not "id", which send() keeps for the message
      ),
      'stats_invalidated',
      'tenant:' || change.tenant_id::text || ':dashboard',
      true
    )
    from old_rows as change
    where change.tenant_id is not null
      and not exists (select from old_rows offset 1);
    if found then
      return null;
    end if;
    select array_agg(changed.tenant_id)
    into keys
    from (select distinct change.tenant_id from old_rows as change) as changed
    where changed.tenant_id is not null;
  end if;
  if keys is null then
    return null;
  end if;

  -- tenant:<id>:dashboard
  if cardinality(keys) between 1 and most_topics then
    -- One wait, if any: without this lock each of several sends would wait for lock_timeout.
    if cardinality(keys) > 1 then
      lock table only realtime.messages in row exclusive mode;
    end if;
    foreach scope_id in array keys loop
      perform realtime.send(
        jsonb_strip_nulls(jsonb_build_object(
          'type', 'stats_invalidated',
          'table', 'documents',
          'operation', tg_op,
          'record_id', record_id  -- not "id", which send() keeps for the message
        )),
        'stats_invalidated',
        'tenant:' || scope_id || ':dashboard',
        true
      );
    end loop;
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
