-- Once the slot is there: a large transaction takes its time, and nothing waits for it.
set local statement_timeout = '10min';
