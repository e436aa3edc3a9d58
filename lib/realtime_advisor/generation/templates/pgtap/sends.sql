select pg_temp.sends(
  :$first$:[first]:$first$,
  :$write$:[statement]:$write$,
  :[wanted],
  :'what'
);
