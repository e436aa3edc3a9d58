create or replace trigger :"trigger"
  before truncate on :"schema".:"table"
  for each statement execute function realtime_advisor.:"function"();
