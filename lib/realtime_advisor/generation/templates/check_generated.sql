
do :$check$
declare
  needed text;
begin
  foreach needed in array array[:[columns]] loop
    -- A trigger sees the stored values of a row, where a virtual column has none.
    if exists (
      select from pg_attribute
      where attrelid = to_regclass(:'table') and attname = needed and attgenerated = 'v'
    ) then
      raise exception 'the column % of % is virtual, which no trigger sees', needed, :'table'
        using hint = 'Store it, or watch the columns that it is computed from.';
    end if;
  end loop;
end
:$check$;
