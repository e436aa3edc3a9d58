  -- Else a filter on a column outside the key drops every DELETE. Each old row is then written to the WAL in full.
  if (select relreplident from pg_class where oid = relation) <> 'f' then
    alter table :"schema".:"name" replica identity full;
  end if;
