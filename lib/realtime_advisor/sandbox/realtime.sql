-- A schema that behaves like Supabase Realtime's, on an ordinary cluster without Supabase's extensions.
--
-- Run by a superuser that is not called postgres (the sandbox calls it supabase_admin), outside a transaction:
--     psql -v ON_ERROR_STOP=1 -U supabase_admin -d my_database -f realtime.sql
-- Runs again without harm. PostgreSQL 14 and later. Partitions of realtime.messages are not made here: they follow the
-- calendar, so whoever connects makes them (ensure_partitions in realtime.py).
begin;
set local client_min_messages = warning;

-- Roles belong to the cluster, and advisory locks only to a database: this lock makes installs in several databases wait
-- for each other, where they would otherwise fail with "tuple concurrently updated". Logins are not blocked by it.
lock table pg_catalog.pg_authid in share row exclusive mode;

do $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'postgres' and rolsuper) then
    raise exception 'the role postgres is a superuser here, where Supabase has an ordinary role of that name';
  end if;
end $$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Roles
-- ---------------------------------------------------------------------------------------------------------------------
do $$
declare
  wanted text;
begin
  foreach wanted in array array[
    'anon', 'authenticated', 'service_role', 'authenticator', 'postgres', 'supabase_auth_admin', 'supabase_realtime_admin'
  ] loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
      execute format('create role %I', wanted);
    end if;
  end loop;
end $$;

alter role anon nologin;
alter role authenticated nologin;
alter role service_role nologin bypassrls;
alter role authenticator login noinherit;
alter role postgres login createrole createdb replication bypassrls;
alter role supabase_auth_admin login noinherit createrole;
alter role supabase_realtime_admin nologin noinherit;

-- postgres is no member of supabase_realtime_admin, so it does not own realtime.messages.
grant anon, authenticated, service_role to authenticator, postgres, supabase_realtime_admin;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;

-- ---------------------------------------------------------------------------------------------------------------------
-- The database and its schema public: postgres is the developer's role, the API's roles get what it creates
-- ---------------------------------------------------------------------------------------------------------------------
do $$
begin
  execute format('alter database %I owner to postgres', current_database());
end $$;

create schema if not exists extensions;
grant usage on schema extensions to postgres, anon, authenticated, service_role, supabase_realtime_admin;

grant usage on schema public to anon, authenticated, service_role, supabase_realtime_admin;
grant usage, create on schema public to postgres;
alter default privileges for role postgres in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on sequences to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on functions to anon, authenticated, service_role;

-- ---------------------------------------------------------------------------------------------------------------------
-- auth: who the caller is, told by settings that PostgREST and Realtime make for each request
-- ---------------------------------------------------------------------------------------------------------------------
create schema if not exists auth;
grant usage on schema auth to postgres, anon, authenticated, service_role, supabase_realtime_admin;
grant all on schema auth to supabase_auth_admin;

do $$
begin
  if to_regclass('auth.users') is null then
    create table auth.users (
      id uuid primary key,
      email varchar(255),
      raw_app_meta_data jsonb,
      raw_user_meta_data jsonb,
      created_at timestamptz,
      updated_at timestamptz
    );
    alter table auth.users owner to supabase_auth_admin;
    alter table auth.users enable row level security;
    grant all on auth.users to postgres;
  end if;
end $$;

create or replace function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

-- A sub that is no uuid, as third-party tokens have, raises 22P02 here; auth.jwt() ->> 'sub' gives it as text.
create or replace function auth.uid() returns uuid language sql stable as $$
  select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), auth.jwt() ->> 'sub')::uuid
$$;

create or replace function auth.role() returns text language sql stable as $$
  select coalesce(nullif(current_setting('request.jwt.claim.role', true), ''), auth.jwt() ->> 'role')
$$;

alter function auth.jwt() owner to supabase_auth_admin;
alter function auth.uid() owner to supabase_auth_admin;
alter function auth.role() owner to supabase_auth_admin;

-- ---------------------------------------------------------------------------------------------------------------------
-- realtime: the messages, and the functions that write them
-- ---------------------------------------------------------------------------------------------------------------------
create schema if not exists realtime;
grant usage on schema realtime to postgres with grant option;
grant usage on schema realtime to anon, authenticated, service_role;
grant all on schema realtime to supabase_realtime_admin with grant option;
-- For realtime.messages and its partitions, all made by the installing superuser.
alter default privileges in schema realtime grant all on tables to postgres;

-- Under a condition, and not IF NOT EXISTS line by line: ALTER TABLE would lock out the messages of a database in use.
do $$
begin
  if to_regclass('realtime.messages') is null then
    create table realtime.messages (
      topic text not null,
      extension text not null,
      payload jsonb,
      event text,
      private boolean default false,
      updated_at timestamp not null default now(),
      inserted_at timestamp not null default now(),
      id uuid not null default gen_random_uuid(),
      binary_payload bytea,
      constraint messages_pkey primary key (id, inserted_at),
      constraint messages_payload_exclusive check (payload is null or binary_payload is null)
    ) partition by range (inserted_at);
    -- Serves the replay of private broadcasts; here because it is part of what a message costs.
    create index messages_inserted_at_topic_index on realtime.messages (inserted_at desc, topic)
      where extension = 'broadcast' and private is true;
    alter table realtime.messages owner to supabase_realtime_admin;
    alter table realtime.messages enable row level security;
    grant select, insert, update on realtime.messages to anon, authenticated, service_role;
  end if;
end $$;

create or replace function realtime.topic() returns text language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')
$$;

-- Runs as the caller, whom row level security holds. Whatever fails is a warning, save a query cancel, which OTHERS does
-- not catch. The exception block costs one subtransaction a message. The topic is set through EXECUTE because a NULL must
-- fail there, and because it has to stay set until the caller's transaction ends.
create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true)
returns void language plpgsql as $$
declare
  message_id constant uuid := gen_random_uuid();
  identified jsonb := payload;
begin
  if (payload ? 'id') is not true then
    identified := jsonb_set(payload, '{id}', to_jsonb(message_id));
  end if;
  execute format('set local realtime.topic = %L', topic);
  insert into realtime.messages (id, extension, topic, event, private, payload)
  values (message_id, 'broadcast', topic, event, private, identified);
exception
  when others then
    raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
end $$;

-- Ships both rows whole. Unlike send it raises, so it fails the write whose trigger calls it.
create or replace function realtime.broadcast_changes(
  topic_name text, event_name text, operation text, table_name text, table_schema text,
  new record, old record, level text default 'ROW'
) returns void language plpgsql as $$
begin
  if level = 'STATEMENT' then
    raise exception 'function can only be triggered for each row, not for each statement';
  end if;
  if (operation in ('INSERT', 'UPDATE', 'DELETE')) is not true then
    raise exception 'Unexpected operation type: %', operation;
  end if;
  perform realtime.send(
    jsonb_build_object(
      'schema', table_schema, 'table', table_name, 'operation', operation, 'record', new, 'old_record', old
    ),
    event_name,
    topic_name
  );
exception
  when others then
    raise exception 'Failed to process the row: %', sqlerrm;
end $$;

alter function realtime.topic() owner to supabase_realtime_admin;
alter function realtime.send(jsonb, text, text, boolean) owner to supabase_realtime_admin;
alter function realtime.broadcast_changes(text, text, text, text, text, record, record, text)
  owner to supabase_realtime_admin;

-- ---------------------------------------------------------------------------------------------------------------------
-- Publications: the developer's, for Postgres Changes, and Realtime's own, through which it reads its messages
-- ---------------------------------------------------------------------------------------------------------------------
do $$
begin
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime_messages_publication') then
    create publication supabase_realtime_messages_publication for table realtime.messages;
  end if;
end $$;
alter publication supabase_realtime owner to postgres;

commit;
