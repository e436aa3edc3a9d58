-- 4 tables in one migration.
-- Written by Realtime Decision Notebooks: change the decision, not this file.
--
-- public.documents: broadcast from the database; by itself not proved.
-- public.message_threads: tracked in Presence by its clients; by itself not proved.
-- public.messages: broadcast from the database; by itself not proved.
-- public.notifications: broadcast from the database; by itself not proved.
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
  foreach needed in array array['public.memberships', 'public.message_threads'] loop
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

-- Whether a topic user:<id>:<entity> is the caller's own: its id is the sub of the caller's token.
create or replace function realtime_advisor.may_read_user_fed664b8(topic text, entity text)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $function$
declare
  opening constant text := 'user:';
  closing constant text := ':' || entity;
  scope_id uuid;
  user_id uuid;
begin
  if starts_with(topic, opening) is not true or right(topic, length(closing)) is distinct from closing then
    return false;
  end if;
  scope_id := substr(topic, length(opening) + 1, length(topic) - length(opening) - length(closing))::uuid;
  user_id := (auth.jwt() ->> 'sub')::uuid;
  -- Only the one spelling that the trigger sends to.
  return coalesce(topic = opening || scope_id::text || closing and scope_id = user_id, false);
exception
  -- No key of that type in the topic or in the token. All policies are evaluated at each join, so an
  -- error here would deny this user every topic, not just this one.
  when others then
    return false;
end
$function$;
revoke all on function realtime_advisor.may_read_user_fed664b8(text, text) from public, anon;
grant execute on function realtime_advisor.may_read_user_fed664b8(text, text) to authenticated;

-- ---------------------------------------------------------------------------------------------------
-- public.documents: broadcast from the database.
-- Because: 82 % of the changes are updates, more than 50 %.
-- Because: Granularity statement: the default, as neither statements nor transactions were counted.
-- Sends: stats_invalidated to tenant:<id>:dashboard
-- When: a row comes, goes, or changes in its key, its scope, or any of: title, price, labels.
-- Not told: TRUNCATE tells nobody: clients see it at their next catch-up.
-- Not told: Rows without documents.tenant_id belong to nobody and are told to nobody.
-- ---------------------------------------------------------------------------------------------------

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

-- ---------------------------------------------------------------------------------------------------
-- public.message_threads: tracked in Presence by its clients.
-- Because: Let clients track() this state on a Presence channel of its own: it needs no table, no
--   trigger, and vanishes with the connection.
-- Tracked on: thread:<id>:presence, whose members see each other; nothing is stored.
-- ---------------------------------------------------------------------------------------------------

-- ---------------------------------------------------------------------------------------------------
-- public.messages: broadcast from the database.
-- Because: 12 events a minute in the hottest thread, fewer than 100.
-- Because: Granularity statement: the default, as neither statements nor transactions were counted.
-- Sends: messages_created|updated|deleted to thread:<id>:messages
-- Sends: stats_invalidated to tenant:<id>:dashboard
-- When: a row comes, goes, or changes in its key, its scope, or any of: author_id, body.
-- Not told: TRUNCATE tells nobody: clients see it at their next catch-up.
-- Not told: Rows without message_threads.tenant_id belong to nobody and are told to nobody.
-- ---------------------------------------------------------------------------------------------------

-- Tells of public.messages: one message for each distinct scope that a statement touches.
create or replace function realtime_advisor.broadcast_messages()
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
  keys uuid[];  -- values of thread_id
  scope_ids text[];
  scope_id text;
begin
  if tg_op = 'INSERT' then
    action := 'created';
    -- One row, the common case, needs no grouping.
    select
      change.id::text, array[change.thread_id]
    into record_id, keys
    from new_rows as change
    where not exists (select from new_rows offset 1);
    if not found then
      select null, array_agg(changed.thread_id)
      into record_id, keys
      from (select distinct change.thread_id from new_rows as change) as changed
      where changed.thread_id is not null;
    end if;
  elsif tg_op = 'UPDATE' then
    action := 'updated';
    -- One row, the common case, is compared with what it was before. A moved row tells both scopes.
    -- Types whose equality is lenient (1.0 and 1.00, citext) or missing (json) are compared as text.
    select
      change.id::text,
      case
        when (
          change.id, change.thread_id, change.author_id, change.body collate "C"
        ) is not distinct from (
          before.id, before.thread_id, before.author_id, before.body collate "C"
        ) then null
        when change.thread_id is not distinct from before.thread_id then array[change.thread_id]
        else array[change.thread_id, before.thread_id]
      end
    into record_id, keys
    from new_rows as change
    cross join old_rows as before
    where not exists (select from new_rows offset 1);
    if not found then
      -- Of many rows, those that did not change cancel out. (EXCEPT both ways says the same, but holds all
      -- rows in memory; a join of both tables can take a plan that compares each with each.)
      select
        null, array_agg(changed.thread_id)
      into record_id, keys
      from (
        select distinct change.thread_id
        from (
          select
            change.id, change.thread_id, change.author_id, change.body collate "C" as body,
            1 as side
          from new_rows as change
          union all
          select
            change.id, change.thread_id, change.author_id, change.body collate "C" as body,
            -1
          from old_rows as change
        ) as change
        group by
          change.id, change.thread_id, change.author_id, change.body
        having sum(change.side) <> 0
      ) as changed
      where changed.thread_id is not null;
    end if;
  elsif tg_op = 'DELETE' then
    action := 'deleted';
    -- One row, the common case, needs no grouping.
    select
      change.id::text, array[change.thread_id]
    into record_id, keys
    from old_rows as change
    where not exists (select from old_rows offset 1);
    if not found then
      select null, array_agg(changed.thread_id)
      into record_id, keys
      from (select distinct change.thread_id from old_rows as change) as changed
      where changed.thread_id is not null;
    end if;
  end if;
  if keys is null then
    return null;
  end if;

  -- thread:<id>:messages
  if cardinality(keys) between 1 and most_topics then
    -- One wait, if any: without this lock each of several sends would wait for lock_timeout.
    if cardinality(keys) > 1 then
      lock table only realtime.messages in row exclusive mode;
    end if;
    foreach scope_id in array keys loop
      continue when scope_id is null;
      perform realtime.send(
        jsonb_strip_nulls(jsonb_build_object(
          'type', 'messages_' || action,
          'table', 'messages',
          'operation', tg_op,
          'record_id', record_id  -- not "id", which send() keeps for the message
        )),
        'messages_' || action,
        'thread:' || scope_id || ':messages',
        true
      );
    end loop;
  elsif cardinality(keys) > most_topics then
    raise log 'realtime_advisor: % on % touches more than % topics like %: nothing sent',
      tg_op, 'public.messages', most_topics, 'thread:<id>:messages';
  end if;

  -- tenant:<id>:dashboard
  scope_ids := array(
    select distinct parent_1.tenant_id::text
    from unnest(keys) as changed(thread_id)
    join public.message_threads as parent_1 on parent_1.id = changed.thread_id
    where parent_1.tenant_id is not null
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
          'type', 'stats_invalidated',
          'table', 'messages',
          'operation', tg_op,
          'record_id', record_id  -- not "id", which send() keeps for the message
        )),
        'stats_invalidated',
        'tenant:' || scope_id || ':dashboard',
        true
      );
    end loop;
  elsif cardinality(scope_ids) > most_topics then
    raise log 'realtime_advisor: % on % touches more than % topics like %: nothing sent',
      tg_op, 'public.messages', most_topics, 'tenant:<id>:dashboard';
  end if;

  return null;
exception
  -- The application's write goes on without its message. (Only a query cancel is not caught here.)
  when others then
    raise warning 'realtime_advisor: % on % was not broadcast: % (%)',
      tg_op, 'public.messages', sqlerrm, sqlstate;
    return null;
end
$function$;
comment on function realtime_advisor.broadcast_messages() is
  E'Broadcasts public.messages to\nthread:<id>:messages for may_read_thread_0577025a\ntenant:<id>:dashboard for may_read_tenant_e663b5d8';
revoke all on function realtime_advisor.broadcast_messages()
  from public, anon, authenticated;

-- public.messages finds a scope through public.message_threads. When a row there moves or goes away,
-- no row of public.messages changes, or the way to its scope is gone already: so it is told from here,
-- whether or not such rows hang on it.
create or replace function realtime_advisor.follow_messages_message_threads_a74a8a14()
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
  scope_id text;
begin
  if tg_op = 'UPDATE' then
    -- One row, the common case, is compared with what it was before. A moved row tells both scopes.
    -- Types whose equality is lenient (1.0 and 1.00, citext) or missing (json) are compared as text.
    select
      case
        when (
          change.id, change.tenant_id
        ) is not distinct from (
          before.id, before.tenant_id
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
            change.id, change.tenant_id,
            1 as side
          from new_rows as change
          union all
          select
            change.id, change.tenant_id,
            -1
          from old_rows as change
        ) as change
        group by
          change.id, change.tenant_id
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
    -- One wait, if any: without this lock each of several sends would wait for lock_timeout.
    if cardinality(keys) > 1 then
      lock table only realtime.messages in row exclusive mode;
    end if;
    foreach scope_id in array keys loop
      continue when scope_id is null;
      perform realtime.send(
        jsonb_build_object(
          'type', 'stats_invalidated',
          'table', 'messages',
          'operation', tg_op
        ),
        'stats_invalidated',
        'tenant:' || scope_id || ':dashboard',
        true
      );
    end loop;
  elsif cardinality(keys) > most_topics then
    raise log 'realtime_advisor: % on % touches more than % topics like %: nothing sent',
      tg_op, 'public.message_threads', most_topics, 'tenant:<id>:dashboard';
  end if;

  return null;
exception
  -- The application's write goes on without its message. (Only a query cancel is not caught here.)
  when others then
    raise warning 'realtime_advisor: % on % was not broadcast: % (%)',
      tg_op, 'public.message_threads', sqlerrm, sqlstate;
    return null;
end
$function$;
comment on function realtime_advisor.follow_messages_message_threads_a74a8a14() is
  'Tells of public.messages when public.message_threads moves or goes away';
revoke all on function realtime_advisor.follow_messages_message_threads_a74a8a14()
  from public, anon, authenticated;

-- ---------------------------------------------------------------------------------------------------
-- public.notifications: broadcast from the database.
-- Because: The audience is one user: 1 of 1 SELECT policies compares user_id.
-- Because: Granularity statement: the default, as neither statements nor transactions were counted.
-- Sends: notifications_created|updated|deleted to user:<id>:notifications
-- When: a row comes, goes, or changes in its key, its scope, or any of: title, body, read_at.
-- Not told: TRUNCATE tells nobody: clients see it at their next catch-up.
-- Not told: Rows without notifications.user_id belong to nobody and are told to nobody.
-- ---------------------------------------------------------------------------------------------------

-- Tells of public.notifications: one message for each distinct scope that a statement touches.
create or replace function realtime_advisor.broadcast_notifications()
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
  keys uuid[];  -- values of user_id
  scope_id text;
begin
  if tg_op = 'INSERT' then
    action := 'created';
    -- One row, the common case, is told at once.
    perform realtime.send(
      jsonb_build_object(
        'type', 'notifications_created',
        'table', 'notifications',
        'operation', tg_op,
        'record_id', change.id::text  -- not "id", which send() keeps for the message
      ),
      'notifications_created',
      'user:' || change.user_id::text || ':notifications',
      true
    )
    from new_rows as change
    where change.user_id is not null
      and not exists (select from new_rows offset 1);
    if found then
      return null;
    end if;
    select array_agg(changed.user_id)
    into keys
    from (select distinct change.user_id from new_rows as change) as changed
    where changed.user_id is not null;
  elsif tg_op = 'UPDATE' then
    action := 'updated';
    -- One row that keeps its scope, the common case, is told at once, if it changed.
    -- Types whose equality is lenient (1.0 and 1.00, citext) or missing (json) are compared as text.
    -- The scopes are not compared by =, so that no plan made for many rows hashes them for one.
    perform
      case
        when (
          change.id, change.title collate "C", change.body collate "C", change.read_at
        ) is distinct from (
          before.id, before.title collate "C", before.body collate "C", before.read_at
        ) then realtime.send(
          jsonb_build_object(
            'type', 'notifications_updated',
            'table', 'notifications',
            'operation', tg_op,
            'record_id', change.id::text  -- not "id", which send() keeps for the message
          ),
          'notifications_updated',
          'user:' || change.user_id::text || ':notifications',
          true
        )
      end
    from new_rows as change
    cross join old_rows as before
    where change.user_id is not null
      and change.user_id is not distinct from before.user_id
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
      array_agg(changed.user_id)
    into record_id, keys
    from (
      select distinct change.user_id
      from (
        select
          change.id, change.user_id, change.title collate "C" as title,
          change.body collate "C" as body, change.read_at,
          1 as side
        from new_rows as change
        union all
        select
          change.id, change.user_id, change.title collate "C" as title,
          change.body collate "C" as body, change.read_at,
          -1
        from old_rows as change
      ) as change
      group by
        change.id, change.user_id, change.title, change.body, change.read_at
      having sum(change.side) <> 0
    ) as changed
    where changed.user_id is not null;
  elsif tg_op = 'DELETE' then
    action := 'deleted';
    -- One row, the common case, is told at once.
    perform realtime.send(
      jsonb_build_object(
        'type', 'notifications_deleted',
        'table', 'notifications',
        'operation', tg_op,
        'record_id', change.id::text  -- not "id", which send() keeps for the message
      ),
      'notifications_deleted',
      'user:' || change.user_id::text || ':notifications',
      true
    )
    from old_rows as change
    where change.user_id is not null
      and not exists (select from old_rows offset 1);
    if found then
      return null;
    end if;
    select array_agg(changed.user_id)
    into keys
    from (select distinct change.user_id from old_rows as change) as changed
    where changed.user_id is not null;
  end if;
  if keys is null then
    return null;
  end if;

  -- user:<id>:notifications
  if cardinality(keys) between 1 and most_topics then
    -- One wait, if any: without this lock each of several sends would wait for lock_timeout.
    if cardinality(keys) > 1 then
      lock table only realtime.messages in row exclusive mode;
    end if;
    foreach scope_id in array keys loop
      perform realtime.send(
        jsonb_strip_nulls(jsonb_build_object(
          'type', 'notifications_' || action,
          'table', 'notifications',
          'operation', tg_op,
          'record_id', record_id  -- not "id", which send() keeps for the message
        )),
        'notifications_' || action,
        'user:' || scope_id || ':notifications',
        true
      );
    end loop;
  elsif cardinality(keys) > most_topics then
    raise log 'realtime_advisor: % on % touches more than % topics like %: nothing sent',
      tg_op, 'public.notifications', most_topics, 'user:<id>:notifications';
  end if;

  return null;
exception
  -- The application's write goes on without its message. (Only a query cancel is not caught here.)
  when others then
    raise warning 'realtime_advisor: % on % was not broadcast: % (%)',
      tg_op, 'public.notifications', sqlerrm, sqlstate;
    return null;
end
$function$;
comment on function realtime_advisor.broadcast_notifications() is
  E'Broadcasts public.notifications to\nuser:<id>:notifications for may_read_user_fed664b8';
revoke all on function realtime_advisor.broadcast_notifications()
  from public, anon, authenticated;

commit;

-- ---------------------------------------------------------------------------------------------------
-- Step 2 of 3: triggers, one for each operation, because a trigger with transition tables takes one only.
-- CREATE TRIGGER waits for the table's running writes, and new writes wait behind it: at most
-- lock_timeout, and for one table at a time. If that strikes, run the step again: what is done stays.
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

begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
create or replace trigger realtime_advisor_insert
  after insert on public.messages
  referencing new table as new_rows
  for each statement execute function realtime_advisor.broadcast_messages();
create or replace trigger realtime_advisor_update
  after update on public.messages
  referencing old table as old_rows new table as new_rows
  for each statement execute function realtime_advisor.broadcast_messages();
create or replace trigger realtime_advisor_delete
  after delete on public.messages
  referencing old table as old_rows
  for each statement execute function realtime_advisor.broadcast_messages();
commit;

begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
create or replace trigger realtime_advisor_update_messages
  after update on public.message_threads
  referencing old table as old_rows new table as new_rows
  for each statement execute function realtime_advisor.follow_messages_message_threads_a74a8a14();
create or replace trigger realtime_advisor_delete_messages
  after delete on public.message_threads
  referencing old table as old_rows
  for each statement execute function realtime_advisor.follow_messages_message_threads_a74a8a14();
commit;

begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
create or replace trigger realtime_advisor_insert
  after insert on public.notifications
  referencing new table as new_rows
  for each statement execute function realtime_advisor.broadcast_notifications();
create or replace trigger realtime_advisor_update
  after update on public.notifications
  referencing old table as old_rows new table as new_rows
  for each statement execute function realtime_advisor.broadcast_notifications();
create or replace trigger realtime_advisor_delete
  after delete on public.notifications
  referencing old table as old_rows
  for each statement execute function realtime_advisor.broadcast_notifications();
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

-- What single tables' scripts made is in the policies below.
drop policy if exists "realtime_advisor tenant:<id>:dashboard e663b5d8" on realtime.messages;
drop policy if exists "realtime_advisor presence select thread:<id>:presence f32155d6" on realtime.messages;
drop policy if exists "realtime_advisor presence insert thread:<id>:presence f32155d6" on realtime.messages;
drop policy if exists "realtime_advisor thread:<id>:messages 0577025a" on realtime.messages;
drop policy if exists "realtime_advisor user:<id>:notifications fed664b8" on realtime.messages;

drop policy if exists "realtime_advisor broadcast select may_read_tenant_e663b5d8" on realtime.messages;
create policy "realtime_advisor broadcast select may_read_tenant_e663b5d8" on realtime.messages
  for select to authenticated
  using (
    extension = 'broadcast'
    and split_part((select realtime.topic()), ':', 3) = any (array['dashboard'])
    and realtime_advisor.may_read_tenant_e663b5d8(
      (select realtime.topic()),
      split_part((select realtime.topic()), ':', 3)
    )
  );

drop policy if exists "realtime_advisor broadcast select may_read_thread_0577025a" on realtime.messages;
create policy "realtime_advisor broadcast select may_read_thread_0577025a" on realtime.messages
  for select to authenticated
  using (
    extension = 'broadcast'
    and split_part((select realtime.topic()), ':', 3) = any (array['messages'])
    and realtime_advisor.may_read_thread_0577025a(
      (select realtime.topic()),
      split_part((select realtime.topic()), ':', 3)
    )
  );

drop policy if exists "realtime_advisor presence select may_read_thread_0577025a" on realtime.messages;
create policy "realtime_advisor presence select may_read_thread_0577025a" on realtime.messages
  for select to authenticated
  using (
    extension = 'presence'
    and split_part((select realtime.topic()), ':', 3) = any (array['presence'])
    and realtime_advisor.may_read_thread_0577025a(
      (select realtime.topic()),
      split_part((select realtime.topic()), ':', 3)
    )
  );

drop policy if exists "realtime_advisor presence insert may_read_thread_0577025a" on realtime.messages;
create policy "realtime_advisor presence insert may_read_thread_0577025a" on realtime.messages
  for insert to authenticated
  with check (
    extension = 'presence'
    and split_part((select realtime.topic()), ':', 3) = any (array['presence'])
    and realtime_advisor.may_read_thread_0577025a(
      (select realtime.topic()),
      split_part((select realtime.topic()), ':', 3)
    )
  );

drop policy if exists "realtime_advisor broadcast select may_read_user_fed664b8" on realtime.messages;
create policy "realtime_advisor broadcast select may_read_user_fed664b8" on realtime.messages
  for select to authenticated
  using (
    extension = 'broadcast'
    and split_part((select realtime.topic()), ':', 3) = any (array['notifications'])
    and realtime_advisor.may_read_user_fed664b8(
      (select realtime.topic()),
      split_part((select realtime.topic()), ':', 3)
    )
  );

commit;
