-- Allow authenticated users to receive broadcasts for their own topics
CREATE POLICY "users_receive_own_notifications"
ON realtime.messages
FOR SELECT
TO authenticated
USING (
  topic LIKE 'user:' || auth.uid()::text || ':%'
);
