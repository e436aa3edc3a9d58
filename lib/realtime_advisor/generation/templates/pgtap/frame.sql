--: head
begin;
select plan(:[count]);

-- A test of what the database did not let be written. What it refuses by a constraint, a privilege or a trigger's
-- RAISE was not tested. Anything else, a column that is not there, say, is a failure: these tables are not the ones
-- that the test was made for.
create function pg_temp.unwritten(what text, why text, state text)
returns text language plpgsql as $test$
begin
  if left(state, 2) = '23' or state in ('42501', 'P0001') then
    return skip(what || why, 1);
  end if;
  return fail(what || why || ' (' || state || ')');
end
$test$;

-- What a statement sends about the table, as topic and event: the messages of this transaction that were not there
-- before it. The statement `first` prepares, and what it sends does not count.
create function pg_temp.sends(first text, statement text, wanted text[], what text)
returns text language plpgsql as $test$
declare
  before uuid[];
  sent text[];
  written bigint;
begin
  if current_setting('realtime_advisor.unmade', true) <> '' then
    return pg_temp.unwritten(
      what,
      ' - its rows could not be made: ' || current_setting('realtime_advisor.unmade', true),
      current_setting('realtime_advisor.unmade_state', true)
    );
  end if;
  if not exists (
    select from pg_inherits
    where inhparent = 'realtime.messages'::regclass
      and inhrelid = to_regclass(format('realtime.messages_%s', to_char(timezone('UTC', now()), 'YYYY_MM_DD')))
  ) then
    return skip(what || ' - realtime.messages has no partition for today: let a client connect to Realtime first', 1);
  end if;
  begin
    if first <> '' then
      execute first;
    end if;
    set constraints all immediate;
    before := array(select message.id from realtime.messages as message where inserted_at = timezone('UTC', now()));
    execute statement;
    get diagnostics written = row_count;
    set constraints all immediate;
  exception
    when others then
      return pg_temp.unwritten(what, ' - the write itself was refused: ' || sqlerrm, sqlstate);
  end;
  if written = 0 then
    return skip(what || ' - the row to write is not there', 1);
  end if;
  sent := array(
    select concat_ws(' ', message.topic, message.event)
    from realtime.messages as message
    where message.inserted_at = timezone('UTC', now())
      and message.extension = 'broadcast'
      and message.private
      and message.payload ->> 'table' = :'table'
      and message.id <> all (before)
    order by concat_ws(' ', message.topic, message.event) collate "C"
  );
  return is(sent, wanted, what);
end
$test$;

-- What Realtime answers the bearer of these claims on a private channel: allowed, refused, or the error of a policy.
create function pg_temp.answer(claims jsonb, action text, extension_asked text, topic_asked text)
returns text language plpgsql as $test$
declare
  role_before constant text := current_setting('role');
  probe constant uuid := gen_random_uuid();
  found_it boolean := true;
begin
  insert into realtime.messages (id, topic, extension, inserted_at, updated_at)
  values (probe, topic_asked, extension_asked, timezone('UTC', now()), timezone('UTC', now()));
  begin
    perform
      set_config('role', claims ->> 'role', true),
      set_config('realtime.topic', topic_asked, true),
      set_config('request.jwt.claims', claims::text, true),
      set_config('request.jwt.claim.sub', claims ->> 'sub', true),
      set_config('request.jwt.claim.role', claims ->> 'role', true),
      set_config('request.headers', '{}', true);
    if action = 'read' then
      found_it := exists (select from realtime.messages as message where message.id = probe);
    else
      insert into realtime.messages (topic, extension, inserted_at, updated_at)
      values (topic_asked, extension_asked, timezone('UTC', now()), timezone('UTC', now()));
    end if;
  exception
    when insufficient_privilege then
      return 'refused';
    when others then
      return sqlstate || ': ' || sqlerrm;
  end;
  perform set_config('role', role_before, true);
  return case when found_it then 'allowed' else 'refused' end;
end
$test$;

create function pg_temp.joins(
  claims jsonb,
  action text,
  extension_asked text,
  topic_asked text,
  wanted text,
  what text
) returns text language plpgsql as $test$
begin
  if wanted = 'allowed' and current_setting('realtime_advisor.unmade', true) <> '' then
    return pg_temp.unwritten(
      what,
      ' - its rows could not be made: ' || current_setting('realtime_advisor.unmade', true),
      current_setting('realtime_advisor.unmade_state', true)
    );
  end if;
  return is(pg_temp.answer(claims, action, extension_asked, topic_asked), wanted, what);
end
$test$;

:[installed]

:[rows]

:[writes]

:[questions]

select * from finish();
rollback;
