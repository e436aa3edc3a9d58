
do :$check$
declare
  carried text;
begin
  -- Who listens is sent these columns, so has to be one who may read them.
  foreach carried in array array[:[columns]] loop
    if has_column_privilege('authenticated', to_regclass(:'table'), carried, 'select') is not true then
      raise exception 'authenticated may not select % of %: leave it out of the payload', carried, :'table';
    end if;
  end loop;
end
:$check$;
