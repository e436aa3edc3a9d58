-- The tables that the framework's SQL takes for granted, and who is who in them. A user has a row for each tenant.
create table tenants (id uuid primary key);
create table users (id uuid, tenant_id uuid, organization_id uuid, primary key (id, tenant_id));
create table message_threads (id uuid primary key, tenant_id uuid, organization_id uuid, title text);
create table messages (id uuid primary key, thread_id uuid, body text);
create table notifications (id uuid primary key, user_id uuid, title text, read_at timestamptz);
create table documents (id uuid primary key, tenant_id uuid, title text, updated_at timestamptz);
create table payments (id uuid primary key, tenant_id uuid, status text);
create table statements (id uuid primary key, tenant_id uuid, status text);

create index on users (tenant_id);

-- Tenants red (1) and blue (2); Ann (11) is in red, Bob (12) in blue, Cyd (13) in both.
insert into tenants (id) values
  ('00000000-0000-0000-0000-000000000001'),
  ('00000000-0000-0000-0000-000000000002');
insert into users (id, tenant_id) values
  ('00000000-0000-0000-0000-000000000011', '00000000-0000-0000-0000-000000000001'),
  ('00000000-0000-0000-0000-000000000012', '00000000-0000-0000-0000-000000000002'),
  ('00000000-0000-0000-0000-000000000013', '00000000-0000-0000-0000-000000000001'),
  ('00000000-0000-0000-0000-000000000013', '00000000-0000-0000-0000-000000000002');
update users set organization_id = tenant_id;
insert into message_threads (id, tenant_id, title) values
  ('00000000-0000-0000-0000-000000000021', '00000000-0000-0000-0000-000000000001', 'a red thread'),
  ('00000000-0000-0000-0000-000000000022', '00000000-0000-0000-0000-000000000002', 'a blue thread');
update message_threads set organization_id = tenant_id;
insert into notifications (id, user_id, title) values
  ('00000000-0000-0000-0000-000000000031', '00000000-0000-0000-0000-000000000011', 'welcome');
insert into documents (id, tenant_id, title) values
  ('00000000-0000-0000-0000-000000000041', '00000000-0000-0000-0000-000000000001', 'a plan');
