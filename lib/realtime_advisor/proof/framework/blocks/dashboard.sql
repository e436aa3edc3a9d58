CREATE OR REPLACE FUNCTION broadcast_stats_update()
RETURNS TRIGGER
SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  affected_tenant_id UUID;
BEGIN
  -- Determine tenant ID from the change
  IF TG_TABLE_NAME = 'documents' THEN
    affected_tenant_id := NEW.tenant_id;
  ELSIF TG_TABLE_NAME = 'payments' THEN
    affected_tenant_id := NEW.tenant_id;
  ELSIF TG_TABLE_NAME = 'statements' THEN
    affected_tenant_id := NEW.tenant_id;
  ELSIF TG_TABLE_NAME = 'messages' THEN
    -- Get tenant from thread
    SELECT tenant_id INTO affected_tenant_id
    FROM message_threads
    WHERE id = NEW.thread_id;
  END IF;

  -- Send lightweight "invalidate" signal
  IF affected_tenant_id IS NOT NULL THEN
    PERFORM realtime.send(
      jsonb_build_object(
        'type', 'stats_updated',
        'table', TG_TABLE_NAME,
        'tenant_id', affected_tenant_id
      ),
      'stats_invalidated',
      'tenant:' || affected_tenant_id::text || ':dashboard',
      true  -- private channel
    );
  END IF;

  RETURN NEW;
END;
$$ LANGUAGE plpgsql;

-- Apply to relevant tables
CREATE TRIGGER documents_stats_trigger
  AFTER INSERT OR UPDATE OR DELETE ON documents
  FOR EACH ROW EXECUTE FUNCTION broadcast_stats_update();

CREATE TRIGGER payments_stats_trigger
  AFTER INSERT OR UPDATE OR DELETE ON payments
  FOR EACH ROW EXECUTE FUNCTION broadcast_stats_update();

CREATE TRIGGER statements_stats_trigger
  AFTER INSERT OR UPDATE OR DELETE ON statements
  FOR EACH ROW EXECUTE FUNCTION broadcast_stats_update();

CREATE TRIGGER messages_stats_trigger
  AFTER INSERT OR UPDATE OR DELETE ON messages
  FOR EACH ROW EXECUTE FUNCTION broadcast_stats_update();
