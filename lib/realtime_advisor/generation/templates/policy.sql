drop policy if exists :"policy" on realtime.messages;
create policy :"policy" on realtime.messages
  for select to authenticated
  using (
    extension = 'broadcast'
    and realtime_advisor.:"function"((select realtime.topic()), :'entity')
  );
