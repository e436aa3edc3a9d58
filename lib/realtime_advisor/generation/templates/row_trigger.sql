create or replace trigger :"trigger"
  after :[operation] on :"schema".:"table"
  for each row execute function realtime_advisor.:"function"();
