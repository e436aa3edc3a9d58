-- The API's users may not read the table of users.
revoke all on users from anon, authenticated;
