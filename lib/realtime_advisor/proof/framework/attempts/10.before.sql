-- Threads have a column of that name, free for their authors to fill in.
alter table message_threads add column topic text;
