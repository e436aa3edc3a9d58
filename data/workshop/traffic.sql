-- What the application and its jobs write, one prepared statement each: run after ordinals.sql, as the role postgres.
--
-- $1 holds the numbers of the rows (see ordinals.sql), $2 is the traffic's time now. traffic.toml says how often.

set timezone = 'UTC';

-- ---------------------------------------------------------------- conversations

prepare users_edit_profile (int[], timestamptz) as
update public.users
set avatar_url = 'avatars/' || to_char($2, 'YYYYMMDDHH24MISS') || '.png', updated_at = $2
where id in (select pg_temp.id('users', n) from unnest($1) as n);

prepare threads_open (int[], timestamptz) as
insert into public.message_threads (id, tenant_id, title, created_by, created_at, updated_at)
select
  pg_temp.id('message_threads', n), pg_temp.id('tenants', pg_temp.tenant_of_thread(n)), 'Thread ' || n,
  pg_temp.colleague('message_threads', n, pg_temp.tenant_of_thread(n)), $2, $2
from unnest($1) as n;

prepare threads_rename (int[], timestamptz) as
update public.message_threads
set title = title || '.', updated_at = $2
where id in (select pg_temp.id('message_threads', n) from unnest($1) as n);

prepare messages_send (int[], timestamptz) as
insert into public.messages (id, thread_id, author_id, body, created_at)
select
  pg_temp.id('messages', n), pg_temp.id('message_threads', thread),
  pg_temp.colleague('messages', n, pg_temp.tenant_of_thread(thread)), 'Message ' || n, $2
from unnest($1) as n, lateral pg_temp.pick('messages', n, 120, 3) as thread;

prepare messages_edit (int[], timestamptz) as
update public.messages
set body = body || ' (edited)', edited_at = $2
where id in (select pg_temp.id('messages', n) from unnest($1) as n);

prepare messages_delete (int[], timestamptz) as
delete from public.messages
where id in (select pg_temp.id('messages', n) from unnest($1) as n);

prepare notifications_send (int[], timestamptz) as
insert into public.notifications (id, user_id, kind, title, body, created_at)
select
  pg_temp.id('notifications', n), pg_temp.id('users', pg_temp.pick('notifications', n, 240, 2)),
  (array['mention', 'approval', 'payment', 'share'])[1 + n % 4], 'Notification ' || n, 'Something happened.', $2
from unnest($1) as n;

prepare notifications_read (int[], timestamptz) as
update public.notifications
set read_at = $2
where id in (select pg_temp.id('notifications', n) from unnest($1) as n);

prepare notifications_expire (int[], timestamptz) as
delete from public.notifications
where id in (select pg_temp.id('notifications', n) from unnest($1) as n);

prepare presence_enter (int[], timestamptz) as
insert into public.user_presence (thread_id, user_id, last_seen_at, updated_at)
select pg_temp.seat_thread(n), pg_temp.seat_user(n), $2, $2
from unnest($1) as n;

prepare presence_heartbeat (int[], timestamptz) as
update public.user_presence
set status = 'online', last_seen_at = $2, updated_at = $2
where (thread_id, user_id) in (select pg_temp.seat_thread(n), pg_temp.seat_user(n) from unnest($1) as n);

prepare presence_typing (int[], timestamptz) as
update public.user_presence
set typing = not typing, last_seen_at = $2, updated_at = $2
where (thread_id, user_id) in (select pg_temp.seat_thread(n), pg_temp.seat_user(n) from unnest($1) as n);

prepare presence_leave (int[], timestamptz) as
delete from public.user_presence
where (thread_id, user_id) in (select pg_temp.seat_thread(n), pg_temp.seat_user(n) from unnest($1) as n);

-- ---------------------------------------------------------------- the business

prepare documents_upload (int[], timestamptz) as
insert into public.documents (id, tenant_id, title, storage_path, created_by, created_at, updated_at)
select
  pg_temp.id('documents', n), pg_temp.id('tenants', tenant), 'Document ' || n, 'documents/' || n || '.pdf',
  pg_temp.colleague('documents', n, tenant), $2, $2
from unnest($1) as n, lateral pg_temp.pick('documents', n, 24, 2) as tenant;

prepare documents_revise (int[], timestamptz) as
update public.documents
set version = version + 1, updated_at = $2,
    status = case status when 'draft' then 'in_review' when 'in_review' then 'approved' else 'draft' end
where id in (select pg_temp.id('documents', n) from unnest($1) as n);

prepare documents_open (int[], timestamptz) as
update public.documents
set last_opened_at = $2
where id in (select pg_temp.id('documents', n) from unnest($1) as n);

prepare documents_delete (int[], timestamptz) as
delete from public.documents
where id in (select pg_temp.id('documents', n) from unnest($1) as n);

prepare statements_issue (int[], timestamptz) as
insert into public.statements (id, tenant_id, account, period_start, created_at, updated_at)
select
  pg_temp.id('statements', n), pg_temp.id('tenants', pg_temp.pick('statements', n, 24, 2)), 'account ' || n,
  date '2026-01-01', $2, $2
from unnest($1) as n;

prepare statements_reconcile (int[], timestamptz) as
update public.statements
set status = case status when 'open' then 'reconciling' when 'reconciling' then 'closed' else 'open' end, updated_at = $2
where id in (select pg_temp.id('statements', n) from unnest($1) as n);

prepare statements_delete (int[], timestamptz) as
delete from public.statements
where id in (select pg_temp.id('statements', n) from unnest($1) as n);

-- The job that this application is known for: every balance of December again, in one statement.
prepare statements_recalculate (int[], timestamptz) as
update public.statements
set balance_cents = balance_cents + 1, calculated_at = $2, updated_at = $2
where period_start = date '2025-12-01';

prepare payments_create (int[], timestamptz) as
insert into public.payments (id, tenant_id, amount_cents, created_by, created_at, updated_at)
select
  pg_temp.id('payments', n), pg_temp.id('tenants', tenant), 100 + abs(n) % 5000 * 100,
  pg_temp.colleague('payments', n, tenant), $2, $2
from unnest($1) as n, lateral pg_temp.pick('payments', n, 24, 2) as tenant;

prepare payments_progress (int[], timestamptz) as
update public.payments
set status = case status when 'pending' then 'authorised' when 'authorised' then 'settled' else 'pending' end,
    provider_reference = coalesce(provider_reference, 'ref'), updated_at = $2
where id in (select pg_temp.id('payments', n) from unnest($1) as n);

-- ---------------------------------------------------------------- behind the scenes

prepare audit_write (int[], timestamptz) as
insert into public.audit_logs (tenant_id, actor_id, action, target, details, created_at)
select
  pg_temp.id('tenants', tenant), pg_temp.colleague('audit_logs', n, tenant),
  (array['document.updated', 'payment.settled', 'message.sent', 'login'])[1 + n % 4], 'row ' || n,
  jsonb_build_object('source', 'app'), $2
from unnest($1) as n, lateral pg_temp.pick('audit_logs', n, 24, 2) as tenant;

prepare activity_write (int[], timestamptz) as
insert into public.user_activity_logs (user_id, page, milliseconds, created_at)
select
  pg_temp.id('users', pg_temp.pick('user_activity_logs', n, 240, 2)),
  (array['/dashboard', '/documents', '/threads', '/payments'])[1 + n % 4], 40 + n % 900, $2
from unnest($1) as n;

prepare entities_add (int[], timestamptz) as
insert into public.mdm_entities (id, kind, code, label, source_system, synced_at)
select pg_temp.id('mdm_entities', n), 'branch', 'C' || n, 'Label ' || n, 'registry', $2
from unnest($1) as n;

prepare entities_sync (int[], timestamptz) as
update public.mdm_entities
set synced_at = $2
where id in (select pg_temp.id('mdm_entities', n) from unnest($1) as n);

prepare attributes_add (int[], timestamptz) as
insert into public.mdm_attributes (id, entity_id, name, value, synced_at)
select pg_temp.id('mdm_attributes', n), pg_temp.id('mdm_entities', 1 + n % 1200), 'status', 'value ' || n, $2
from unnest($1) as n;

prepare attributes_sync (int[], timestamptz) as
update public.mdm_attributes
set value = to_char($2, 'YYYY-MM-DD HH24:MI:SS'), synced_at = $2
where id in (select pg_temp.id('mdm_attributes', n) from unnest($1) as n);

prepare attributes_drop (int[], timestamptz) as
delete from public.mdm_attributes
where id in (select pg_temp.id('mdm_attributes', n) from unnest($1) as n);
