-- Up to where this turn reads: all that had been committed by now.
select pg_catalog.set_config('realtime_advisor.mark', pg_catalog.pg_current_wal_flush_lsn()::text, true)
