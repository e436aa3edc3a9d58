  begin
    drop function if exists realtime_advisor.:"function"(text, text) restrict;
  exception
    when dependent_objects_still_exist then
      raise notice 'the function % stays: other policies use it', :'function';
  end;
