drop policy if exists :"policy" on realtime.messages;
create policy :"policy" on realtime.messages
  for :[command] to authenticated
  :[clause] (
    extension = :'extension'
    and split_part((select realtime.topic()), ':', :[place]) = any (array[:[entities]])
    and realtime_advisor.:"function"(
      (select realtime.topic()),
      split_part((select realtime.topic()), ':', :[place])
    )
  );
