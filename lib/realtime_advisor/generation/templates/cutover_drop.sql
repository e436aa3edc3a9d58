begin;
set local lock_timeout = '3s';
set local statement_timeout = '30s';

do :$cutover$
declare
  relation constant regclass := to_regclass(:'relation');
  listeners bigint := 0;
begin
  if relation is null then
    raise exception 'the table % does not exist', :'relation';
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
    where publication.pubname = :'publication' and named.prrelid = relation
  ) then
    alter publication :"publication" drop table :"schema".:"name";
  elsif exists (
    select
    from pg_publication_tables as sent
    where sent.pubname = :'publication'
      and to_regclass(format('%I.%I', sent.schemaname, sent.tablename)) in (
        select relation
        union all
        select tree.relid from pg_partition_tree(relation) as tree
      )
  ) then
    raise exception '% is in % with all tables, its schema, its parent, or by its partitions', relation, :'publication'
      using hint = 'It cannot be dropped singly: make the publication anew for tables by name.';
  end if;
end
:$cutover$;

commit;
