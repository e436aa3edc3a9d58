-- public.notes: broadcast from the database.
-- Written by Realtime Decision Notebooks: change the decision, not this file.
--
-- Because: Granularity statement: the default, as neither statements nor transactions were counted.
-- Sends: notes_created|updated|deleted to team:<id>:notes
-- When: a row comes, goes, or changes in its key, its scope, or any of: topic.
-- Not told: TRUNCATE tells nobody: clients see it at their next catch-up.
-- Not told: Rows without notes.topics belong to nobody and are told to nobody.
-- Not told: Rows of a team whose id makes the topic longer than 246 bytes are told to nobody.
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
  foreach needed in array array['public.members'] loop
    if to_regclass(needed) is null or not has_table_privilege(needed, 'select') then
      raise exception 'role % may not read %, or it does not exist: install as its owner', current_user, needed;
    end if;
  end loop;
end
$check$;

create schema if not exists realtime_advisor;
revoke all on schema realtime_advisor from public;

-- An id as a word of a topic: all but A-Z a-z 0-9 - . _ ~ is percent-encoded, so that no id can be taken for
-- another, nor for a part of the topic. A client does the same by
--   encodeURIComponent(id).replace(/[!'()*]/g, c => '%' + c.charCodeAt(0).toString(16).toUpperCase())
create or replace function realtime_advisor.encode_id(id text)
returns text
language plpgsql
immutable
strict
parallel safe
set search_path = ''
as $function$
begin
  if id collate "C" ~ '^[A-Za-z0-9._~-]*$' then
    return id;
  end if;
  return (
    select string_agg(
      case
        when split.letter collate "C" ~ '[A-Za-z0-9._~-]' then split.letter
        else regexp_replace(upper(encode(convert_to(split.letter, 'UTF8'), 'hex')), '(..)', E'%\\1', 'g')
      end,
      '' order by split.position
    )
    from unnest(string_to_array(id, null)) with ordinality as split(letter, position)
  );
end
$function$;
revoke all on function realtime_advisor.encode_id(text) from public, anon, authenticated;

-- The id that was encoded. What nobody would have encoded so may become anything, or an error.
create or replace function realtime_advisor.decode_id(word text)
returns text
language plpgsql
immutable
strict
parallel safe
set search_path = ''
as $function$
begin
  if strpos(word, '%') = 0 then
    return word;
  end if;
  return (
    select convert_from(
      string_agg(
        case
          when length(piece.found[1]) = 3 then decode(substr(piece.found[1], 2), 'hex')
          else convert_to(piece.found[1], 'UTF8')
        end,
        '' order by piece.position
      ),
      'UTF8'
    )
    from regexp_matches(word, '%[0-9A-F]{2}|.', 'g') with ordinality as piece(found, position)
  );
end
$function$;
revoke all on function realtime_advisor.decode_id(text) from public, anon, authenticated;

-- Whether the caller may listen to a topic team:<id>:<entity>: a row of public.members pairs the team
-- with the sub of the caller's token.
create or replace function realtime_advisor.may_read_team_689a61e2(topic text, entity text)
returns boolean
language plpgsql
stable
security definer  -- neither grants nor row level security of the tables below stand in the way
set search_path = ''
as $function$
#variable_conflict use_variable
declare
  opening constant text := 'team:';
  closing constant text := ':' || entity;
  scope_id text;
  user_id text;
begin
  if starts_with(topic, opening) is not true or right(topic, length(closing)) is distinct from closing then
    return false;
  end if;
  -- The id is parsed and looked up by key: concatenated topics could use no index.
  scope_id := realtime_advisor.decode_id(
    substr(topic, length(opening) + 1, length(topic) - length(opening) - length(closing))
  );
  user_id := (auth.jwt() ->> 'sub')::text;
  -- Only the one spelling that the trigger sends to.
  if topic is distinct from opening || realtime_advisor.encode_id(scope_id) || closing
      -- An empty sub names nobody.
      or user_id = '' then
    return false;
  end if;
  return exists (
    select
    from public.members as member
    where member.scope_id = scope_id
      and member.user_id = user_id
  );
exception
  -- No key of that type in the topic or in the token. All policies are evaluated at each join, so an
  -- error here would deny this user every topic, not just this one.
  when others then
    return false;
end
$function$;
revoke all on function realtime_advisor.may_read_team_689a61e2(text, text) from public, anon;
grant execute on function realtime_advisor.may_read_team_689a61e2(text, text) to authenticated;

-- Tells of public.notes: one message for each distinct scope that a statement touches.
create or replace function realtime_advisor.broadcast_notes()
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
  action text;  -- as events name what happened
  record_id text;  -- of the one row, when the statement wrote exactly one
  keys text[];  -- values of topics
  scope_ids text[];
  scope_id text;
begin
  if tg_op = 'INSERT' then
    action := 'created';
    -- One row, the common case, needs no grouping.
    select
      change.id::text, array[change.topics]
    into record_id, keys
    from new_rows as change
    where not exists (select from new_rows offset 1);
    if not found then
      select null, array_agg(changed.topics)
      into record_id, keys
      from (select distinct change.topics collate "C" as topics from new_rows as change) as changed
      where changed.topics is not null;
    end if;
  elsif tg_op = 'UPDATE' then
    action := 'updated';
    -- One row, the common case, is compared with what it was before. A moved row tells both scopes.
    -- Types whose equality is lenient (1.0 and 1.00, citext) or missing (json) are compared as text.
    select
      change.id::text,
      case
        when (
          change.id, change.topics collate "C", change.topic collate "C"
        ) is not distinct from (
          before.id, before.topics collate "C", before.topic collate "C"
        ) then null
        when change.topics collate "C" is not distinct from before.topics collate "C" then array[change.topics]
        else array[change.topics, before.topics]
      end
    into record_id, keys
    from new_rows as change
    cross join old_rows as before
    where not exists (select from new_rows offset 1);
    if not found then
      -- Of many rows, those that did not change cancel out. (EXCEPT both ways says the same, but holds all
      -- rows in memory; a join of both tables can take a plan that compares each with each.)
      select
        null, array_agg(changed.topics)
      into record_id, keys
      from (
        select distinct change.topics
        from (
          select
            change.id, change.topics collate "C" as topics, change.topic collate "C" as topic,
            1 as side
          from new_rows as change
          union all
          select
            change.id, change.topics collate "C" as topics, change.topic collate "C" as topic,
            -1
          from old_rows as change
        ) as change
        group by
          change.id, change.topics, change.topic
        having sum(change.side) <> 0
      ) as changed
      where changed.topics is not null;
    end if;
  elsif tg_op = 'DELETE' then
    action := 'deleted';
    -- One row, the common case, needs no grouping.
    select
      change.id::text, array[change.topics]
    into record_id, keys
    from old_rows as change
    where not exists (select from old_rows offset 1);
    if not found then
      select null, array_agg(changed.topics)
      into record_id, keys
      from (select distinct change.topics collate "C" as topics from old_rows as change) as changed
      where changed.topics is not null;
    end if;
  end if;
  if keys is null then
    return null;
  end if;

  -- team:<id>:notes
  scope_ids := array(
    select distinct realtime_advisor.encode_id(changed.topics::text)
    from unnest(keys) as changed(topics)
    where changed.topics is not null
      and octet_length(realtime_advisor.encode_id(changed.topics::text)) <= 235  -- longer topics reach no client
    limit most_topics + 1
  );
  if cardinality(scope_ids) between 1 and most_topics then
    -- One wait, if any: without this lock each of several sends would wait for lock_timeout.
    if cardinality(scope_ids) > 1 then
      lock table only realtime.messages in row exclusive mode;
    end if;
    foreach scope_id in array scope_ids loop
      perform realtime.send(
        jsonb_strip_nulls(jsonb_build_object(
          'type', 'notes_' || action,
          'table', 'notes',
          'operation', tg_op,
          'record_id', record_id  -- not "id", which send() keeps for the message
        )),
        'notes_' || action,
        'team:' || scope_id || ':notes',
        true
      );
    end loop;
  elsif cardinality(scope_ids) > most_topics then
    raise log 'realtime_advisor: % on % touches more than % topics like %: nothing sent',
      tg_op, 'public.notes', most_topics, 'team:<id>:notes';
  end if;

  return null;
exception
  -- The application's write goes on without its message. (Only a query cancel is not caught here.)
  when others then
    raise warning 'realtime_advisor: % on % was not broadcast: % (%)',
      tg_op, 'public.notes', sqlerrm, sqlstate;
    return null;
end
$function$;
comment on function realtime_advisor.broadcast_notes() is
  E'Broadcasts public.notes to\nteam:<id>:notes for may_read_team_689a61e2';
revoke all on function realtime_advisor.broadcast_notes()
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
  after insert on public.notes
  referencing new table as new_rows
  for each statement execute function realtime_advisor.broadcast_notes();
create or replace trigger realtime_advisor_update
  after update on public.notes
  referencing old table as old_rows new table as new_rows
  for each statement execute function realtime_advisor.broadcast_notes();
create or replace trigger realtime_advisor_delete
  after delete on public.notes
  referencing old table as old_rows
  for each statement execute function realtime_advisor.broadcast_notes();

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

drop policy if exists "realtime_advisor team:<id>:notes 689a61e2" on realtime.messages;
create policy "realtime_advisor team:<id>:notes 689a61e2" on realtime.messages
  for select to authenticated
  using (
    extension = 'broadcast'
    and realtime_advisor.may_read_team_689a61e2((select realtime.topic()), 'notes')
  );

commit;
