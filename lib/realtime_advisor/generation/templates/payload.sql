jsonb_build_object(
  'type', :[event],
  'table', :'name',
  'operation', tg_op
)
