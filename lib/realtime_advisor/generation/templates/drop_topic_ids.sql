  if not exists (
    select
    from pg_catalog.pg_proc as other
    where other.pronamespace = to_regnamespace('realtime_advisor')
      and strpos(other.prosrc, 'realtime_advisor.encode_id(') > 0
  ) then
    drop function if exists realtime_advisor.encode_id(text) restrict;
    drop function if exists realtime_advisor.decode_id(text) restrict;
  end if;
