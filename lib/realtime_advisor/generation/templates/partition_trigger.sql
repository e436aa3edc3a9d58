execute format(
  'create or replace trigger %I after :[operation] on %s referencing :[transition] '
  'for each statement execute function realtime_advisor.%I()',
  :'trigger', partition, :'function'
);
