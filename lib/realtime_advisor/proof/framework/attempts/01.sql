insert into messages (id, thread_id, body) values
  ('00000000-0000-0000-0000-000000000051', '00000000-0000-0000-0000-000000000021', 'hello');
