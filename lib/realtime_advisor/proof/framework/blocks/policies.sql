-- Allow authenticated users to receive broadcasts for their own topics
CREATE POLICY "users_receive_own_notifications"
ON realtime.messages
FOR SELECT
TO authenticated
USING (
  topic LIKE 'user:' || auth.uid()::text || ':%'
);

-- Allow authenticated users to receive tenant-scoped broadcasts
CREATE POLICY "users_receive_tenant_dashboard"
ON realtime.messages
FOR SELECT
TO authenticated
USING (
  topic LIKE 'tenant:' || (
    SELECT tenant_id::text FROM users WHERE id = auth.uid()
  ) || ':%'
);

-- Allow authenticated users to receive thread-scoped broadcasts
-- (if they have access to the thread)
CREATE POLICY "users_receive_thread_messages"
ON realtime.messages
FOR SELECT
TO authenticated
USING (
  topic LIKE 'thread:%:messages' AND
  EXISTS (
    SELECT 1 FROM message_threads mt
    JOIN users u ON u.organization_id = mt.organization_id
    WHERE u.id = auth.uid()
    AND topic = 'thread:' || mt.id::text || ':messages'
  )
);

-- Allow system/triggers to send broadcasts
-- (This is handled by SECURITY DEFINER functions)
