-- Set for the one transaction in which the WAL is read: behind a transaction pooler the session belongs to others.
-- Creating a slot waits for each open transaction that has written: the first two limits end that wait.
-- The others have the server end this session, and with it the slot, within a minute of the client falling silent: a
-- laptop asleep, a network gone, a process stopped. The output of bytea is fixed because wal2json reads it as hex.
-- A database without an encoding holds any bytes: asked for UTF-8, the server would fail on some, which ends the slot.
set local lock_timeout = '10s';
set local statement_timeout = '30s';
set local idle_in_transaction_session_timeout = '60s';
set local tcp_keepalives_idle = '30s';
set local tcp_keepalives_interval = '10s';
set local tcp_keepalives_count = 3;
set local tcp_user_timeout = '60s';
set local client_min_messages = 'error';
set local bytea_output = 'hex';
set local search_path = '';
select pg_catalog.set_config('client_encoding', 'SQL_ASCII', true)
where pg_catalog.current_setting('server_encoding') = 'SQL_ASCII';
