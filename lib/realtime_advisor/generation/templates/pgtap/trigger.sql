select is(
  (
    select tgenabled::text
    from pg_trigger
    where tgrelid = to_regclass(:'table') and tgname = :'trigger' and tgfoid = to_regprocedure(:'signature')
  ),
  'O',
  :'what'
);
