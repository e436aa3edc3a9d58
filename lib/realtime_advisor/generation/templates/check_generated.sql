
do :$check$
declare
  watched text;
begin
  foreach watched in array array[:[columns]] loop
    -- A trigger sees the stored values of a row, where a virtual column has none.
    if exists (
      select from pg_attribute
      where attrelid = to_regclass(:'table') and attname = watched and attgenerated = 'v'
    ) then
      raise exception 'the watched column % of % is virtual: watch the columns that it is computed from', watched, :'table';
    end if;
  end loop;
end
:$check$;
