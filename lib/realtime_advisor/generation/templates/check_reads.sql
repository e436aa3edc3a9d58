
do :$check$
declare
  needed text;
begin
  -- Scopes and members are looked up here by the functions' owner; refused, it would find nobody entitled.
  foreach needed in array array[:[tables]] loop
    if to_regclass(needed) is null or not has_table_privilege(needed, 'select') then
      raise exception 'role % may not read %, or it does not exist: install as its owner', current_user, needed;
    end if;
  end loop;
end
:$check$;
