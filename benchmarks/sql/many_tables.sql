-- Two functions that make and write a schema as large as wanted. Run as the role postgres, after members.sql; then
-- select make_tables(1, 250), each call in a transaction of its own: a table takes a handful of locks until commit.
create schema benchmark;

-- Tables `first` to `last`, each of a tenant, of a user, or (every tenth) behind the table before it; each with a policy,
-- an index, twenty rows, and one column whose name and values no other table has.
create function benchmark.make_tables(first integer, last integer)
returns void
language plpgsql
as $$
declare
  number integer;
  made text;
  reader text;
begin
  for number in first..last loop
    made := format('public.table_%s', number);
    reader := case
      when number % 10 = 9 then format(
        'exists (select from public.table_%s p join public.memberships m on m.tenant_id = p.tenant_id'
        ' where p.id = parent_id and m.user_id = (select auth.uid()))', number - 1)
      when number % 10 = 5 then 'user_id = (select auth.uid())'
      else 'tenant_id in (select m.tenant_id from public.memberships m where m.user_id = (select auth.uid()))'
    end;
    execute format(
      'create table %s (id uuid primary key default gen_random_uuid(), %s, title text not null, body text,'
      ' amount_%s numeric not null default 0, status text not null default ''draft'', is_read boolean,'
      ' created_at timestamptz not null default now(), updated_at timestamptz not null default now())',
      made,
      case
        when number % 10 = 9 then format('parent_id uuid references public.table_%s (id) on delete cascade', number - 1)
        when number % 10 = 5 then 'user_id uuid references public.users (id) on delete cascade'
        else 'tenant_id uuid references public.tenants (id) on delete cascade'
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

-- A changed row in every tenth table.
create function benchmark.write_tables()
returns void
language plpgsql
as $$
declare
  made regclass;
begin
  for made in
    select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname ~ '^table_\d*3$'
  loop
    execute format('update %s set title = title || $more$.$more$', made);
  end loop;
end;
$$;
