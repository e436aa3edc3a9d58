insert into notifications (id, user_id, title) values
  ('00000000-0000-0000-0000-000000000032', '00000000-0000-0000-0000-000000000011', 'hello');
