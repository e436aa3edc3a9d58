drop function if exists realtime_advisor.:"function"() restrict;
