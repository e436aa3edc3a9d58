jsonb_build_object(
  'type', :[event],
  'table', :'name',
  'operation', tg_op,
  'record_id', :[id]  -- not "id", which send() keeps for the message
)
