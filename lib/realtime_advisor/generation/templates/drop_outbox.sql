drop table if exists realtime_advisor.:"outbox" restrict;
drop function if exists realtime_advisor.:"function"() restrict;
