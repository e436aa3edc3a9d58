-- What has to be there first. If your tables ask for more than their keys and NOT NULL tell, write it in here.
do $rows$
begin
  :[inserts]
exception
  when others then
    perform
      set_config('realtime_advisor.unmade', sqlerrm, true),
      set_config('realtime_advisor.unmade_state', sqlstate, true);
end
$rows$;
