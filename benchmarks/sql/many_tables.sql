-- Functions that make and write a schema as large as wanted. Run as the role postgres, after members.sql; then
-- select make_tables(1, 250), each call in a transaction of its own: a table takes a handful of locks until commit.
create schema benchmark;

-- Tenants and their members for a thousand tables: were all to refer to the same tenants, each new foreign key would
-- have the server read the triggers of all before it.
create function benchmark.make_tenants(hub integer)
returns void
language plpgsql
as $$
begin
  execute format('create table public.tenants_%s (id uuid primary key default gen_random_uuid())', hub);
  execute format(
    'create table public.memberships_%s (tenant_id uuid not null references public.tenants_%s (id) on delete cascade,'
    ' user_id uuid not null references public.users (id) on delete cascade, primary key (tenant_id, user_id))',
    hub, hub
  );
  execute format('alter table public.tenants_%s enable row level security', hub);
  execute format('alter table public.memberships_%s enable row level security', hub);
  execute format(
    'create policy own on public.memberships_%s for select to authenticated using (user_id = (select auth.uid()))', hub
  );
end;
$$;

-- Tables `first` to `last`, each of a tenant, of a user, or (every tenth) behind the table before it; each with a
-- policy, an index, twenty rows, and one column whose name and values no other table has.
create function benchmark.make_tables(first integer, last integer)
returns void
language plpgsql
as $$
declare
  number integer;
  made text;
  reader text;
  hub integer;
begin
  for number in first..last loop
    hub := (number - 1) / 1000;
    if number % 1000 = 1 then
      perform benchmark.make_tenants(hub);
    end if;
    made := format('public.table_%s', number);
    reader := case
      when number % 10 = 9 then format(
        'exists (select from public.table_%s p join public.memberships_%s m on m.tenant_id = p.tenant_id'
        ' where p.id = parent_id and m.user_id = (select auth.uid()))', number - 1, hub)
      when number % 10 = 5 then 'user_id = (select auth.uid())'
      else format(
        'tenant_id in (select m.tenant_id from public.memberships_%s m where m.user_id = (select auth.uid()))', hub)
    end;
    execute format(
      'create table %s (id uuid primary key default gen_random_uuid(), %s, title text not null, body text,'
      ' amount_%s numeric not null default 0, status text not null default ''draft'', is_read boolean,'
      ' created_at timestamptz not null default now(), updated_at timestamptz not null default now())',
      made,
      case
        when number % 10 = 9 then format('parent_id uuid references public.table_%s (id) on delete cascade', number - 1)
        when number % 10 = 5 then 'user_id uuid references public.users (id) on delete cascade'
        else format('tenant_id uuid references public.tenants_%s (id) on delete cascade', hub)
      end,
      number
    );
    execute format('create index on %s (status)', made);
    execute format('alter table %s enable row level security', made);
    execute format('create policy readers on %s for select to authenticated using (%s)', made, reader);
    execute format(
      'insert into %s (title, status, is_read, amount_%s)'
      ' select $one$.$one$, $two$s$two$ || i %% 4, i %% 3 = 0, i + %s from generate_series(1, 20) i',
      made, number, number
    );
  end loop;
end;
$$;

-- Changed rows in every tenth table, each table in a transaction of its own: a server holds only so many locks.
create procedure benchmark.write_tables()
language plpgsql
as $$
declare
  made regclass;
begin
  for made in
    select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname ~ '^table_\d*3$'
  loop
    execute format('update %s set title = title || $more$.$more$', made);
    commit;
  end loop;
end;
$$;
