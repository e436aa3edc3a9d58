-- public.messages: to Postgres Changes, in the order that loses nothing.
--
-- 1. Run this file. It fails, in words, rather than publish what nobody or everybody would be sent.
-- 2. Ship clients that subscribe to INSERT, UPDATE, DELETE with the filter thread_id=eq.<id>.
-- 3. If triggers told of the table before, take them away when no client listens to them any more.
--
-- Mind: DELETE ignores row level security: every subscriber without a filter, of whatever tenant, gets
--   the primary key of each deleted row.
-- Mind: An UPDATE that moves a row to another scope is not shown to the old one: clients there keep
--   the row until they fetch again.
-- Mind: Each change is checked against every subscription, one after the other: changes a second times
--   subscriptions is what saturates. TRUNCATE sends nothing.
-- Mind: A client sees SUBSCRIBED before the database listens for it, and errors later come as a system
--   message: fetch once on each SUBSCRIBED, and listen to system.
--
-- To go back, run this when no client listens to Postgres Changes of public.messages any more:
--   alter publication supabase_realtime drop table public.messages;
--   alter table public.messages replica identity default;

begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';

do $cutover$
declare
  relation constant regclass := to_regclass('public.messages');
begin
  if relation is null then
    raise exception 'the table % does not exist', 'public.messages';
  end if;
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    raise exception 'there is no publication %: is this a Supabase database?', 'supabase_realtime';
  end if;
  if (select relpersistence <> 'p' from pg_class where oid = relation) then
    raise exception '% is unlogged or temporary: its changes are not in the WAL that Postgres Changes reads', relation
      using hint = 'Choose Broadcast, or alter table ... set logged.';
  end if;
  if not (select relrowsecurity from pg_class where oid = relation) then
    raise exception '% has no row level security: every subscriber would be sent every row', relation
      using hint = 'Enable it, with a policy for select that says who may read.';
  end if;
  if not exists (
    select
    from pg_policy
    where polrelid = relation and polpermissive and polcmd in ('r', '*')
      and (polroles = '{0}' or polroles && array[to_regrole('anon'), to_regrole('authenticated')]::oid[])
  ) then
    raise exception '% has no policy for select: nobody would be sent anything', relation
      using hint = 'Create a policy for select to authenticated that says who may read.';
  end if;
  if not exists (select from pg_index where indrelid = relation and indisprimary) then
    raise exception '% has no primary key: it would send nothing, and its UPDATE and DELETE could fail', relation
      using hint = 'Give it a primary key.';
  end if;
  -- Else a filter on a column outside the key drops every DELETE. Each old row is then written to the WAL in full.
  if (select relreplident from pg_class where oid = relation) <> 'f' then
    alter table public.messages replica identity full;
  end if;
  if not exists (
    select
    from pg_publication_tables as sent
    where sent.pubname = 'supabase_realtime'
      and to_regclass(format('%I.%I', sent.schemaname, sent.tablename)) in (
        select relation
        union all
        select tree.relid from pg_partition_tree(relation) as tree
      )
  ) then
    alter publication supabase_realtime add table public.messages;
  end if;
end
$cutover$;

commit;
