-- One small application with everything that the catalogue should tell, and some things that it should not.
create schema app;
create schema hidden;
create extension pg_trgm schema app;
create type app.mood as enum ('calm', 'cross');
grant usage on schema app to authenticated;

create table app.tenants (id bigint primary key, name text not null unique);
comment on table app.tenants is 'Who pays';

create table app.memberships (
    tenant_id bigint references app.tenants on delete cascade,
    user_id uuid references auth.users on delete restrict,
    gone int,
    note text,
    primary key (user_id, tenant_id)
);
alter table app.memberships drop column gone;

create table app."Order Items" (
    tenant_id bigint not null,
    "Number" int not null,
    mood app.mood default 'calm',
    price numeric(10, 2),
    doubled numeric generated always as (price * 2) stored,
    author uuid,
    primary key (tenant_id, "Number"),
    foreign key (author, tenant_id) references app.memberships (user_id, tenant_id) on delete set null
);
comment on column app."Order Items".price is 'In euros, 100% of it';
create unique index on app."Order Items" (author, mood);
create unique index on app."Order Items" (price) where mood = 'cross';
create unique index on app."Order Items" (lower(author::text));
alter table app."Order Items" replica identity full;

alter table app.memberships enable row level security;
alter table app."Order Items" enable row level security;
create policy own on app.memberships for select to authenticated using (user_id = (select auth.uid()));
create policy members on app."Order Items" as restrictive for update to authenticated, anon
    using (exists (select from app.memberships m where m.tenant_id = "Order Items".tenant_id and m.user_id = auth.uid()))
    with check (mood <> 'cross');
create policy everybody on app."Order Items" for insert with check (true);

create table app.events (id bigint, at date, tenant_id bigint references app.tenants) partition by range (at);
create table app.events_2025 partition of app.events for values from ('2025-01-01') to ('2026-01-01')
    partition by list (id);
create table app.events_2025_one partition of app.events_2025 for values in (1);
create table app.events_2026 partition of app.events for values from ('2026-01-01') to ('2027-01-01');
create table app.parent (id int);
create table app.child () inherits (app.parent);
create table app.days (at date primary key) partition by range (at);
create table app.days_2025 partition of app.days for values from ('2025-01-01') to ('2026-01-01');
create table app.diary (at date references app.days);

create unlogged table app.scratch (id int);
create temporary table fleeting (id int);
create table hidden.secrets (id int primary key, word text);
create table hidden.columns_only (id int, word text);
grant select on app.tenants to anon, authenticated;
grant select (id) on app.events to authenticated;
grant select on hidden.columns_only to authenticated;
create table public.posts (id int primary key);
grant select on public.posts to anon, authenticated;

create view hidden.inner_view as select id from hidden.secrets;
create view app.outer_view as select id from hidden.inner_view;
grant select on app.outer_view to authenticated;
create materialized view app.kept as select id from hidden.secrets;
create view app.unread as select * from app.parent;
grant select on app.kept to authenticated;

alter publication supabase_realtime add table app.tenants, app."Order Items", app.events;
create publication rooted for table app.events, app.tenants with (publish_via_partition_root = true);
create publication everything for all tables;
