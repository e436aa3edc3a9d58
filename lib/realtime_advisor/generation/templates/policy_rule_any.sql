extension = :'extension'
and split_part((select realtime.topic()), ':', :[place]) = any (array[:[entities]])
and realtime_advisor.:"function"(
  (select realtime.topic()),
  split_part((select realtime.topic()), ':', :[place])
)
