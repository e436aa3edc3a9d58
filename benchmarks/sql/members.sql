-- Who reads: ten tenants, ten users of each. Run as the role postgres, after the Realtime schema.
create table public.tenants (
  id uuid primary key default gen_random_uuid(),
  number integer not null unique
);
create table public.users (
  id uuid primary key references auth.users (id) on delete cascade
);
create table public.memberships (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  user_id uuid not null references public.users (id) on delete cascade,
  primary key (tenant_id, user_id)
);
create index memberships_user_id on public.memberships (user_id);

alter table public.tenants enable row level security;
alter table public.users enable row level security;
alter table public.memberships enable row level security;
create policy "members read their own memberships" on public.memberships
  for select to authenticated
  using (user_id = (select auth.uid()));

insert into public.tenants (number) select generate_series(0, 9);
insert into auth.users (id) select gen_random_uuid() from generate_series(1, 100);
insert into public.users select id from auth.users;
insert into public.memberships (tenant_id, user_id)
select tenants.id, numbered.id
from (select id, row_number() over () as number from public.users) as numbered
join public.tenants on tenants.number = numbered.number % 10;
