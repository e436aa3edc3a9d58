-- ---------------------------------------------------------------------------------------------------
-- Step :[number]: who may listen. CREATE POLICY locks out every reader and writer of realtime.messages (and,
-- on Supabase, of the auth tables) until commit, so it stands alone in a short transaction. If
-- lock_timeout strikes, nothing has changed: run the step again.
-- On Supabase, postgres may do this. Elsewhere only the owner of realtime.messages or a superuser may.
-- The answer is kept for a joined channel until the client's token is renewed: who loses the right to
-- listen may hear messages until then.
-- ---------------------------------------------------------------------------------------------------
begin;
set local lock_timeout = '2s';
set local statement_timeout = '30s';

:[policies]

commit;
