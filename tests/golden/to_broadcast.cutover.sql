-- public.documents: from Postgres Changes to Broadcast, in the order that loses nothing.
--
-- 1. Run the up script, then the check script. From here on the table is told both ways.
-- 2. Ship clients that join tenant:<id>:dashboard as private channels and fetch on every SUBSCRIBED.
--   Who hears twice fetches twice, which does no harm.
-- 3. When the last client of the old kind is gone, run this file: it takes the table out of
--   supabase_realtime.
--
-- To go back, run this before clients of the old kind return, and before the down script or the
-- rollback, which leave the publication alone:
--   alter publication supabase_realtime add table public.documents;
--   alter table public.documents replica identity full;
-- Mind: all columns of all rows are published so. If supabase_realtime has a column list or a WHERE
-- for the table today (\dRp+ in psql), note it before this file is run, and repeat it.

begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';

do $cutover$
declare
  relation constant regclass := to_regclass('public.documents');
  listeners bigint := 0;
begin
  if relation is null then
    raise exception 'the table % does not exist', 'public.documents';
  end if;
  -- Whoever still listens to Postgres Changes would hear nothing more, and be told nothing of it.
  if has_table_privilege(to_regclass('realtime.subscription'), 'select') then
    execute 'select count(*) from realtime.subscription where entity = $1' into listeners using relation;
  end if;
  if listeners > 0 and current_setting('realtime_advisor.drop_anyway', true) is distinct from 'on' then
    raise exception '% subscriptions to Postgres Changes of % are open', listeners, relation
      using hint = 'Wait until their clients have switched, or first: set realtime_advisor.drop_anyway = on';
  end if;
  if exists (
    select
    from pg_publication_rel as named
    join pg_publication as publication on publication.oid = named.prpubid
    where publication.pubname = 'supabase_realtime' and named.prrelid = relation
  ) then
    alter publication supabase_realtime drop table public.documents;
  elsif exists (
    select
    from pg_publication_tables as sent
    where sent.pubname = 'supabase_realtime'
      and to_regclass(format('%I.%I', sent.schemaname, sent.tablename)) in (
        select relation
        union all
        select tree.relid from pg_partition_tree(relation) as tree
      )
  ) then
    raise exception '% is in % with all tables, its schema, its parent, or by its partitions', relation, 'supabase_realtime'
      using hint = 'It cannot be dropped singly: make the publication anew for tables by name.';
  end if;
end
$cutover$;

commit;

-- Whole old rows in the WAL served the filters of Postgres Changes; the key alone is less to write.
begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';
alter table public.documents replica identity default;
commit;
