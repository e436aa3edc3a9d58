-- What this session's slot has up to the mark that wal_mark.sql set: one row a change, the changes of a transaction
-- together, in order of commit. It ends after the transaction that completes 50,000 rows.
select xid::text, data
from pg_catalog.pg_logical_slot_get_changes(
    'realtime_advisor_' || pg_catalog.pg_backend_pid(),
    pg_catalog.current_setting('realtime_advisor.mark')::pg_catalog.pg_lsn,
    50000,
    'include-xids', 'false',
    'skip-empty-xacts', 'true'
)
