-- Rows by number: seed.sql and traffic.sql name the n-th row of a table without looking it up.
--
-- Session-local, run as the role that writes: nothing of it stays in the database.

-- The key of row n; the same on every server and every run.
create or replace function pg_temp.id(kind text, n bigint) returns uuid
language sql immutable parallel safe
return md5(kind || ':' || n::text)::uuid;

-- A number from 1 to `count` that belongs to row n. skew 1 is even; 2 and 3 favour low numbers, as busy customers do:
-- the first of `count` gets (1 / count) ^ (1 / skew) of all rows.
create or replace function pg_temp.pick(kind text, n bigint, count integer, skew integer default 1) returns integer
language sql immutable parallel safe
return 1 + floor(
  count * power((('x' || left(md5(kind || '?' || n::text), 8))::bit(32)::bigint / 4294967296.0)::double precision, skew)
)::integer;

-- Users 1 to 216 are nine to a tenant; 217 to 228 joined the first tenant; 229 to 240 have none yet.
create or replace function pg_temp.tenant_of_user(n integer) returns integer
language sql immutable parallel safe
return case when n <= 216 then (n - 1) % 24 + 1 when n <= 228 then 1 end;

create or replace function pg_temp.tenant_of_thread(n integer) returns integer
language sql immutable parallel safe
return (n - 1) % 24 + 1;

-- One of the nine colleagues of a tenant, the one that belongs to row n.
create or replace function pg_temp.colleague(kind text, n bigint, tenant integer) returns uuid
language sql immutable parallel safe
return pg_temp.id('users', tenant + 24 * (pg_temp.pick(kind || '.user', n, 9) - 1));

-- Seat n of the thirty busiest threads: nine to a thread, 270 in all, then from the start again.
create or replace function pg_temp.seat_thread(n integer) returns uuid
language sql immutable parallel safe
return pg_temp.id('message_threads', n % 30 + 1);

create or replace function pg_temp.seat_user(n integer) returns uuid
language sql immutable parallel safe
return pg_temp.id('users', pg_temp.tenant_of_thread(n % 30 + 1) + 24 * (n / 30 % 9));
