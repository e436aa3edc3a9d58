-- Allow users to receive broadcasts for their tenant's dashboard
CREATE POLICY "users_receive_tenant_dashboard"
ON realtime.messages
FOR SELECT
TO authenticated
USING (
  topic LIKE 'tenant:' || (
    SELECT tenant_id::text FROM users WHERE id = auth.uid()
  ) || ':dashboard'
);
