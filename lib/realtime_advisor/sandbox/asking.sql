-- Asks for one user, once for each topic in the setting proof.topics, what realtime.authorize() asks; the answers are
-- left in the setting proof.answers. Runs as the user. The probe rows are there already.
do $ask$
declare
  asked jsonb;
  answers jsonb := '[]';
  extension_asked text;
  readable jsonb;
  writable jsonb;
  failure text;
begin
  for asked in select * from jsonb_array_elements(current_setting('proof.topics')::jsonb) loop
    readable := '[]';
    writable := '[]';
    failure := null;
    begin
      perform set_config('realtime.topic', asked ->> 'topic', true);
      select coalesce(jsonb_agg(message.extension), '[]')
      into readable
      from realtime.messages as message
      where message.id = any (array(select jsonb_array_elements_text(asked -> 'probes'))::uuid[]);
    exception
      when others then
        failure := sqlstate || ': ' || sqlerrm;
    end;
    if failure is null then
      foreach extension_asked in array array['broadcast', 'presence'] loop
        begin
          insert into realtime.messages (topic, extension, inserted_at, updated_at)
          values (asked ->> 'topic', extension_asked, timezone('UTC', now()), timezone('UTC', now()));
          writable := writable || to_jsonb(extension_asked);
        exception
          when insufficient_privilege then
            null;
          when others then
            failure := sqlstate || ': ' || sqlerrm;
            writable := '[]';
            exit;
        end;
      end loop;
    end if;
    answers := answers || jsonb_build_object('readable', readable, 'writable', writable, 'failure', failure);
  end loop;
  perform set_config('proof.answers', answers::text, true);
end
$ask$;
