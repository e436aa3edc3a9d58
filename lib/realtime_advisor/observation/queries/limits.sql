-- Set for one transaction only: behind a transaction pooler the session belongs to others.
-- An empty search_path makes every type and expression come back schema-qualified, whatever the role's own setting.
set local statement_timeout = '30s';
set local lock_timeout = '2s';
set local idle_in_transaction_session_timeout = '60s';
set local search_path = '';
