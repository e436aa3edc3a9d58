-- The workshop's schema: a small multi-tenant application on Supabase, as its team left it.
--
-- Needs what Supabase brings: the roles anon, authenticated, service_role and postgres, default grants to them on every
-- table of `public`, auth.users, auth.uid(), and the publication supabase_realtime. Run as a superuser or as postgres;
-- every table ends up owned by postgres.

set role postgres;
set client_min_messages = warning;

-- ---------------------------------------------------------------- who

create table public.tenants (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null unique,
  plan text not null default 'free' check (plan in ('free', 'team', 'enterprise')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table public.users (
  id uuid primary key references auth.users (id) on delete cascade,
  email text not null unique,
  full_name text not null,
  avatar_url text,
  locale text not null default 'en',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table public.memberships (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  user_id uuid not null references public.users (id) on delete cascade,
  role text not null default 'member' check (role in ('owner', 'admin', 'member')),
  created_at timestamptz not null default now(),
  primary key (tenant_id, user_id)
);
create index memberships_user_id_idx on public.memberships (user_id);

-- ---------------------------------------------------------------- conversations

create table public.message_threads (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  title text not null,
  created_by uuid references public.users (id) on delete set null,
  archived_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index message_threads_tenant_id_idx on public.message_threads (tenant_id);
create index message_threads_created_by_idx on public.message_threads (created_by);

create table public.messages (
  id uuid primary key default gen_random_uuid(),
  thread_id uuid not null references public.message_threads (id) on delete cascade,
  author_id uuid references public.users (id) on delete set null,
  body text not null,
  edited_at timestamptz,
  created_at timestamptz not null default now()
);
create index messages_thread_id_created_at_idx on public.messages (thread_id, created_at);
create index messages_author_id_idx on public.messages (author_id);

create table public.notifications (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.users (id) on delete cascade,
  kind text not null,
  title text not null,
  body text,
  read_at timestamptz,
  created_at timestamptz not null default now()
);
create index notifications_user_id_created_at_idx on public.notifications (user_id, created_at);

-- Who has a thread open, and who is typing in it: a heartbeat rewrites each row, leaving deletes it.
create table public.user_presence (
  thread_id uuid not null references public.message_threads (id) on delete cascade,
  user_id uuid not null references public.users (id) on delete cascade,
  status text not null default 'online' check (status in ('online', 'away')),
  typing boolean not null default false,
  last_seen_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (thread_id, user_id)
);
create index user_presence_user_id_idx on public.user_presence (user_id);

-- ---------------------------------------------------------------- the business

create table public.documents (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  title text not null,
  status text not null default 'draft' check (status in ('draft', 'in_review', 'approved', 'archived')),
  version integer not null default 1,
  storage_path text not null,
  created_by uuid references public.users (id) on delete set null,
  last_opened_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index documents_tenant_id_idx on public.documents (tenant_id);
create index documents_created_by_idx on public.documents (created_by);

create table public.statements (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  account text not null,
  period_start date not null,
  status text not null default 'open' check (status in ('open', 'reconciling', 'closed')),
  balance_cents bigint not null default 0,
  currency text not null default 'EUR',
  calculated_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index statements_tenant_id_idx on public.statements (tenant_id);
create index statements_period_start_idx on public.statements (period_start);

create table public.payments (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  statement_id uuid references public.statements (id) on delete set null,
  amount_cents bigint not null check (amount_cents > 0),
  currency text not null default 'EUR',
  status text not null default 'pending' check (status in ('pending', 'authorised', 'settled', 'failed')),
  provider_reference text,
  created_by uuid references public.users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index payments_tenant_id_idx on public.payments (tenant_id);
create index payments_statement_id_idx on public.payments (statement_id);
create index payments_created_by_idx on public.payments (created_by);

-- ---------------------------------------------------------------- behind the scenes

create table public.audit_logs (
  id bigint primary key generated by default as identity,
  tenant_id uuid references public.tenants (id) on delete cascade,
  actor_id uuid references public.users (id) on delete set null,
  action text not null,
  target text not null,
  details jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index audit_logs_tenant_id_created_at_idx on public.audit_logs (tenant_id, created_at);
create index audit_logs_actor_id_idx on public.audit_logs (actor_id);

create table public.user_activity_logs (
  id bigint primary key generated by default as identity,
  user_id uuid references public.users (id) on delete cascade,
  page text not null,
  milliseconds integer not null,
  created_at timestamptz not null default now()
);
create index user_activity_logs_user_id_idx on public.user_activity_logs (user_id);

create table public.mdm_entities (
  id uuid primary key default gen_random_uuid(),
  kind text not null,
  code text not null,
  label text not null,
  source_system text not null,
  synced_at timestamptz not null default now(),
  unique (kind, code)
);

create table public.mdm_attributes (
  id uuid primary key default gen_random_uuid(),
  entity_id uuid not null references public.mdm_entities (id) on delete cascade,
  name text not null,
  value text,
  synced_at timestamptz not null default now()
);
create index mdm_attributes_entity_id_idx on public.mdm_attributes (entity_id);

-- ---------------------------------------------------------------- who may see what

alter table public.tenants enable row level security;
alter table public.users enable row level security;
alter table public.memberships enable row level security;
alter table public.message_threads enable row level security;
alter table public.messages enable row level security;
alter table public.notifications enable row level security;
alter table public.user_presence enable row level security;
alter table public.documents enable row level security;
alter table public.statements enable row level security;
alter table public.payments enable row level security;
alter table public.audit_logs enable row level security;
alter table public.user_activity_logs enable row level security;
alter table public.mdm_entities enable row level security;
alter table public.mdm_attributes enable row level security;

-- Written by triggers and jobs, read by the back office: not for the API's users.
revoke all on public.audit_logs, public.user_activity_logs, public.mdm_entities, public.mdm_attributes
  from anon, authenticated;

-- A membership is visible to its own user only, so the policies below can ask this table without recursion.
create policy "members read their own memberships" on public.memberships
  for select to authenticated
  using (user_id = (select auth.uid()));

create policy "users read themselves" on public.users
  for select to authenticated
  using (id = (select auth.uid()));
create policy "users change themselves" on public.users
  for update to authenticated
  using (id = (select auth.uid())) with check (id = (select auth.uid()));

create policy "members read their tenants" on public.tenants
  for select to authenticated
  using (id in (select m.tenant_id from public.memberships m where m.user_id = (select auth.uid())));

create policy "members read their tenant's threads" on public.message_threads
  for select to authenticated
  using (tenant_id in (select m.tenant_id from public.memberships m where m.user_id = (select auth.uid())));
create policy "members open threads" on public.message_threads
  for insert to authenticated
  with check (
    created_by = (select auth.uid())
    and tenant_id in (select m.tenant_id from public.memberships m where m.user_id = (select auth.uid()))
  );

create policy "members read their threads' messages" on public.messages
  for select to authenticated
  using (
    exists (
      select 1
      from public.message_threads t
      join public.memberships m on m.tenant_id = t.tenant_id
      where t.id = messages.thread_id and m.user_id = (select auth.uid())
    )
  );
create policy "authors write messages" on public.messages
  for insert to authenticated
  with check (
    author_id = (select auth.uid())
    and exists (
      select 1
      from public.message_threads t
      join public.memberships m on m.tenant_id = t.tenant_id
      where t.id = messages.thread_id and m.user_id = (select auth.uid())
    )
  );
create policy "authors edit messages" on public.messages
  for update to authenticated
  using (author_id = (select auth.uid())) with check (author_id = (select auth.uid()));

create policy "users read their own notifications" on public.notifications
  for select to authenticated
  using (user_id = (select auth.uid()));
create policy "users mark their own notifications" on public.notifications
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));

create policy "members see who is in their threads" on public.user_presence
  for select to authenticated
  using (
    exists (
      select 1
      from public.message_threads t
      join public.memberships m on m.tenant_id = t.tenant_id
      where t.id = user_presence.thread_id and m.user_id = (select auth.uid())
    )
  );
create policy "users enter threads" on public.user_presence
  for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy "users report themselves" on public.user_presence
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "users leave threads" on public.user_presence
  for delete to authenticated
  using (user_id = (select auth.uid()));

create policy "members read their tenant's documents" on public.documents
  for select to authenticated
  using (tenant_id in (select m.tenant_id from public.memberships m where m.user_id = (select auth.uid())));
create policy "members read their tenant's statements" on public.statements
  for select to authenticated
  using (tenant_id in (select m.tenant_id from public.memberships m where m.user_id = (select auth.uid())));
create policy "members read their tenant's payments" on public.payments
  for select to authenticated
  using (tenant_id in (select m.tenant_id from public.memberships m where m.user_id = (select auth.uid())));

-- ---------------------------------------------------------------- what the team streams today: raw row changes

alter publication supabase_realtime
  add table public.messages, public.notifications, public.documents, public.payments, public.statements;

reset role;
