create or replace trigger :"trigger"
  after :[operation] on :"schema".:"table"
  referencing :[transition]
  for each statement execute function realtime_advisor.:"function"();
