
do :$check$
declare
  hidden text;
begin
  -- Who listens is sent these columns, so has to be one who may read them.
  select carried.name into hidden
  from :[carried]
  where has_column_privilege('authenticated', carried.relation, carried.number, 'select') is not true
  order by carried.number
  limit 1;
  if found then
    raise exception 'authenticated may not select % of %, or it is not there: leave it out of the payload',
      hidden, :'table';
  end if;
end
:$check$;
