--: purpose
create or replace function realtime_advisor.:"function"(topic text, entity text)
returns boolean
language plpgsql
stable
security definer  -- neither grants nor row level security of the tables below stand in the way
set search_path = ''
as :$function$
#variable_conflict use_variable
declare
  opening constant text := :[opening];
  closing constant text := :[closing];
  scope_id :[scope_type];
  user_id :[user_type];
begin
  if starts_with(topic, opening) is not true or right(topic, length(closing)) is distinct from closing then
    return false;
  end if;
  -- The id is parsed and looked up by key: concatenated topics could use no index.
  scope_id := :[parsed];
  user_id := (auth.jwt() ->> 'sub'):::[user_type];
  -- Only the one spelling that the trigger sends to.
  if topic is distinct from opening || :[canonical] || closing:[or_nobody] then
    return false;
  end if;
  return exists (
    select
    from :[source]
    where :[condition]
  );
exception
  -- No key of that type in the topic or in the token. All policies are evaluated at each join, so an
  -- error here would deny this user every topic, not just this one.
  when others then
    return false;
end
:$function$;
:[grants]
