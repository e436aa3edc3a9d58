select has_function('realtime_advisor', :'function', :[arguments], :'exists');
select ok(
  (
    select prosecdef and proconfig @> array['search_path=""']
    from pg_proc
    where oid = to_regprocedure(:'signature')
  ),
  :'closed'
);
