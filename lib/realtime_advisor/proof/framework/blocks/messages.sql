CREATE OR REPLACE FUNCTION broadcast_message()
RETURNS TRIGGER
SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  PERFORM realtime.send(
    jsonb_build_object(
      'type', 'new_message',
      'thread_id', NEW.thread_id,
      'id', NEW.id
    ),
    'message_created',
    'thread:' || NEW.thread_id::text || ':messages',
    true
  );
  RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER message_broadcast_trigger
  AFTER INSERT ON messages
  FOR EACH ROW
  EXECUTE FUNCTION broadcast_message();
