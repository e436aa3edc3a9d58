alter table documents rename to papers;
insert into papers (id, tenant_id, title) values
  ('00000000-0000-0000-0000-000000000042', '00000000-0000-0000-0000-000000000001', 'a letter');
