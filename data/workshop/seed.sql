-- The workshop's rows before its traffic begins at 2026-01-05 09:00 UTC: run after schema.sql and ordinals.sql.
--
-- No clock and no random(): row n is the same on every run. The number of rows of each table is `seeded` in traffic.toml.

set timezone = 'UTC';

insert into auth.users (id)
select pg_temp.id('users', n) from generate_series(1, 240) as n;

set role postgres;

insert into public.tenants (id, name, slug, plan, created_at, updated_at)
select pg_temp.id('tenants', n), name, lower(name), (array['free', 'team', 'enterprise'])[1 + n % 3], at, at
from unnest(array[
  'Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm', 'Fir', 'Gingko', 'Hazel', 'Ivy', 'Juniper', 'Kapok', 'Larch',
  'Maple', 'Nutmeg', 'Oak', 'Pine', 'Quince', 'Rowan', 'Spruce', 'Teak', 'Ulmus', 'Viburnum', 'Willow', 'Yew'
]) with ordinality as names (name, n),
  lateral (select timestamptz '2025-01-06 09:00' + n * interval '1 week') as moment (at);

insert into public.users (id, email, full_name, locale, created_at, updated_at)
select
  pg_temp.id('users', n), 'user' || to_char(n, 'FM000') || '@example.com', 'User ' || n,
  (array['en', 'de', 'fr', 'it'])[1 + n % 4], at, at
from generate_series(1, 240) as n,
  lateral (select timestamptz '2025-07-01 09:00' + n * interval '12 hours') as moment (at);

insert into public.memberships (tenant_id, user_id, role, created_at)
select
  pg_temp.id('tenants', pg_temp.tenant_of_user(n)), pg_temp.id('users', n),
  case when n <= 24 then 'owner' when n <= 48 then 'admin' else 'member' end,
  timestamptz '2025-07-01 10:00' + n * interval '12 hours'
from generate_series(1, 228) as n;

-- The owner of each tenant advises the next one: 24 users in two tenants.
insert into public.memberships (tenant_id, user_id, role, created_at)
select
  pg_temp.id('tenants', n % 24 + 1), pg_temp.id('users', n), 'member', timestamptz '2025-11-03 10:00' + n * interval '1 hour'
from generate_series(1, 24) as n;

insert into public.message_threads (id, tenant_id, title, created_by, created_at, updated_at)
select
  pg_temp.id('message_threads', n), pg_temp.id('tenants', pg_temp.tenant_of_thread(n)), 'Thread ' || n,
  pg_temp.colleague('message_threads', n, pg_temp.tenant_of_thread(n)), at, at
from generate_series(1, 120) as n,
  lateral (select timestamptz '2025-11-03 09:00' + n * interval '6 hours') as moment (at);

insert into public.messages (id, thread_id, author_id, body, created_at)
select
  pg_temp.id('messages', n), pg_temp.id('message_threads', thread),
  pg_temp.colleague('messages', n, pg_temp.tenant_of_thread(thread)), 'Message ' || n,
  timestamptz '2026-01-05 09:00' - (6001 - n) * interval '3 minutes'
from generate_series(1, 6000) as n, lateral pg_temp.pick('messages', n, 120, 3) as thread;

insert into public.notifications (id, user_id, kind, title, body, read_at, created_at)
select
  pg_temp.id('notifications', n), pg_temp.id('users', pg_temp.pick('notifications', n, 240, 2)),
  (array['mention', 'approval', 'payment', 'share'])[1 + n % 4], 'Notification ' || n, 'Something happened.',
  case when n % 3 > 0 then at + interval '7 minutes' end, at
from generate_series(1, 4000) as n,
  lateral (select timestamptz '2026-01-05 09:00' - (4001 - n) * interval '5 minutes') as moment (at);

-- Three users in each of the thirty busiest threads.
insert into public.user_presence (thread_id, user_id, last_seen_at, updated_at)
select
  pg_temp.seat_thread(n), pg_temp.seat_user(n), timestamptz '2026-01-05 08:59:30',
  timestamptz '2026-01-05 08:59:30'
from generate_series(1, 90) as n;

insert into public.documents
  (id, tenant_id, title, status, version, storage_path, created_by, last_opened_at, created_at, updated_at)
select
  pg_temp.id('documents', n), pg_temp.id('tenants', tenant), 'Document ' || n,
  (array['draft', 'in_review', 'approved', 'archived'])[1 + n % 4], 1 + n % 7, 'documents/' || n || '.pdf',
  pg_temp.colleague('documents', n, tenant), at + interval '1 day', at, at
from generate_series(1, 10000) as n, lateral pg_temp.pick('documents', n, 24, 2) as tenant,
  lateral (select timestamptz '2026-01-03 09:00' - (10000 - n) * interval '30 minutes') as moment (at);

insert into public.statements
  (id, tenant_id, account, period_start, status, balance_cents, calculated_at, created_at, updated_at)
select
  pg_temp.id('statements', n), pg_temp.id('tenants', pg_temp.pick('statements', n, 24, 2)),
  'account ' || (n - 1) % 5000 + 1, period, case when n > 5000 then 'open' else 'closed' end, n * 1700 % 900001,
  at, at, at
from generate_series(1, 10000) as n,
  lateral (select case when n > 5000 then date '2025-12-01' else date '2025-11-01' end) as month (period),
  lateral (select period::timestamptz + interval '32 days') as moment (at);

insert into public.payments
  (id, tenant_id, statement_id, amount_cents, status, provider_reference, created_by, created_at, updated_at)
select
  pg_temp.id('payments', n), s.tenant_id, s.id, 100 + n * 3701 % 500000,
  (array['pending', 'authorised', 'settled', 'settled', 'failed'])[1 + n % 5], 'ref-' || n,
  null, at, at
from generate_series(1, 4000) as n
join public.statements as s on s.id = pg_temp.id('statements', 5000 + n),
  lateral (select timestamptz '2026-01-05 09:00' - (4001 - n) * interval '10 minutes') as moment (at);

insert into public.audit_logs (tenant_id, actor_id, action, target, details, created_at)
select
  pg_temp.id('tenants', tenant), pg_temp.colleague('audit_logs', n, tenant),
  (array['document.updated', 'payment.settled', 'message.sent', 'login'])[1 + n % 4], 'row ' || n,
  jsonb_build_object('source', 'app'), timestamptz '2026-01-05 09:00' - (6001 - n) * interval '1 minute'
from generate_series(1, 6000) as n, lateral pg_temp.pick('audit_logs', n, 24, 2) as tenant;

insert into public.user_activity_logs (user_id, page, milliseconds, created_at)
select
  pg_temp.id('users', pg_temp.pick('user_activity_logs', n, 240, 2)),
  (array['/dashboard', '/documents', '/threads', '/payments'])[1 + n % 4], 40 + n * 37 % 900,
  timestamptz '2026-01-05 09:00' - (6001 - n) * interval '20 seconds'
from generate_series(1, 6000) as n;

insert into public.mdm_entities (id, kind, code, label, source_system, synced_at)
select
  pg_temp.id('mdm_entities', n), (array['country', 'currency', 'bank', 'branch'])[1 + n % 4], 'C' || n, 'Label ' || n,
  'registry', timestamptz '2026-01-05 08:00'
from generate_series(1, 1200) as n;

insert into public.mdm_attributes (id, entity_id, name, value, synced_at)
select
  pg_temp.id('mdm_attributes', n), pg_temp.id('mdm_entities', 1 + n % 1200),
  (array['iso_code', 'valid_from', 'parent', 'status'])[1 + n % 4], 'value ' || n, timestamptz '2026-01-05 08:00'
from generate_series(1, 4800) as n;

reset role;
