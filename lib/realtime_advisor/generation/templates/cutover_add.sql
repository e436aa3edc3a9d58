begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';

do :$cutover$
declare
  relation constant regclass := to_regclass(:'relation');
begin
  if relation is null then
    raise exception 'the table % does not exist', :'relation';
  end if;
  if not exists (select from pg_publication where pubname = :'publication') then
    raise exception 'there is no publication %: is this a Supabase database?', :'publication';
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
:[identity]  if not exists (
    select
    from pg_publication_tables as sent
    where sent.pubname = :'publication'
      and to_regclass(format('%I.%I', sent.schemaname, sent.tablename)) in (
        select relation
        union all
        select tree.relid from pg_partition_tree(relation) as tree
      )
  ) then
    alter publication :"publication" add table :"schema".:"name";
  end if;
end
:$cutover$;

commit;
