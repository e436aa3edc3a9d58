drop policy if exists :"policy" on realtime.messages;
create policy :"policy" on realtime.messages
  for :[command] to authenticated
  :[clause] (
    :[rule]
  );
