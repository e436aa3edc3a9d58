
do :$check$
begin
  -- Beyond a number of topics, messages are inserted in one statement, which relies on the table's columns.
  if not has_table_privilege('realtime.messages', 'insert')
    or exists (
      select
      from (
        values
          ('id', 'uuid'), ('extension', 'text'), ('topic', 'text'),
          ('event', 'text'), ('private', 'boolean'), ('payload', 'jsonb')
      ) as needed(name, type)
      where not exists (
        select
        from pg_attribute as there
        where there.attrelid = to_regclass('realtime.messages')
          and there.attname = needed.name
          and there.attnum > 0
          and format_type(there.atttypid, null) = needed.type
      )
    )
    or exists (
      select
      from pg_attribute as there
      where there.attrelid = to_regclass('realtime.messages')
        and there.attnum > 0
        and there.attnotnull
        and not there.atthasdef
        and there.attname not in ('topic', 'extension')
    ) then
    raise exception 'realtime.messages is not as the set-based insert needs it: choose the granularity "statement"';
  end if;
end
:$check$;
