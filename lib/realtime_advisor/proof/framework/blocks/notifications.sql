CREATE OR REPLACE FUNCTION broadcast_notification()
RETURNS TRIGGER
SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  -- Send lightweight "invalidate" signal
  PERFORM realtime.send(
    jsonb_build_object(
      'type', 'new_notification',
      'id', NEW.id,
      'user_id', NEW.user_id
    ),
    'notification_created',
    'user:' || NEW.user_id::text || ':notifications',
    true  -- private channel
  );
  RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER notification_broadcast_trigger
  AFTER INSERT ON notifications
  FOR EACH ROW
  EXECUTE FUNCTION broadcast_notification();
