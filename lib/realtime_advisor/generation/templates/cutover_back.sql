--
--: when
:[statements]
--: mind
