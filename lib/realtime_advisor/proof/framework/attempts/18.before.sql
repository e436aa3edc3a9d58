-- The application's tables belong to a role like any other, without BYPASSRLS; it installs what it needs.
grant create on schema public to authenticated;
alter table notifications owner to authenticated;
