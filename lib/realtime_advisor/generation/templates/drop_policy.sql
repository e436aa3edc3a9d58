drop policy if exists :"policy" on realtime.messages;
