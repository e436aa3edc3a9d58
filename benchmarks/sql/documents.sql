-- The table that every trigger design is measured on. Run as the role postgres, after members.sql.
create table public.documents (
  id bigint generated always as identity primary key,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  title text not null,
  body text,
  amount numeric not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index documents_tenant_id on public.documents (tenant_id);

alter table public.documents enable row level security;
create policy "members read their tenant's documents" on public.documents
  for select to authenticated
  using (tenant_id in (select m.tenant_id from public.memberships m where m.user_id = (select auth.uid())));
