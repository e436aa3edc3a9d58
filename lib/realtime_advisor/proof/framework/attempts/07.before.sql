-- An application whose tenants have words for ids. One of them is called %.
alter table tenants alter column id type text;
alter table users alter column tenant_id type text, alter column organization_id type text;
alter table message_threads alter column tenant_id type text, alter column organization_id type text;
alter table documents alter column tenant_id type text;
alter table payments alter column tenant_id type text;
alter table statements alter column tenant_id type text;
insert into tenants (id) values ('acme'), ('%');
insert into users (id, tenant_id) values ('00000000-0000-0000-0000-000000000014', '%');
