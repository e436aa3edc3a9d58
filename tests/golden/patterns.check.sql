-- Whether all is in place for public.messages. Reads only; one row a check: name, ok, detail.
with
  wanted_function(name, is_trigger_function, body) as (
    values
      ('may_read_thread_a9f5e421', false, '5c6edcd6009d96718a508c3e4eb9346c'),
      ('may_read_tenant_78d21546', false, 'f694c8f1774f52426a45ad5c72623c09'),
      ('broadcast_messages', true, '67e1f913049a1ad93bc848024cc81037'),
      ('follow_messages_message_threads_a74a8a14', true, 'dc484f8e0e654a87bebbec7f352de7c5')
  ),
  wanted_trigger(schema_name, table_name, name, function_name, type) as (
    values
      ('public', 'messages', 'realtime_advisor_insert', 'broadcast_messages', 4),
      ('public', 'messages', 'realtime_advisor_update', 'broadcast_messages', 16),
      ('public', 'messages', 'realtime_advisor_delete', 'broadcast_messages', 8),
      ('public', 'message_threads', 'realtime_advisor_update_messages', 'follow_messages_message_threads_a74a8a14', 16),
      ('public', 'message_threads', 'realtime_advisor_delete_messages', 'follow_messages_message_threads_a74a8a14', 8)
  ),
  wanted_policy(name, command, entities, rule) as (
    values
      ('realtime_advisor app:messages:thread:<id> a9f5e421', 'SELECT', array['messages'], 'extension = ''broadcast'' and realtime_advisor.may_read_thread_a9f5e421((select realtime.topic()), ''messages'')'),
      ('realtime_advisor app:dashboard:tenant:<id> 78d21546', 'SELECT', array['dashboard'], 'extension = ''broadcast'' and realtime_advisor.may_read_tenant_78d21546((select realtime.topic()), ''dashboard'')')
  ),
  -- Our functions as they are, with whoever may execute them.
  our_function as (
    select
      proc.oid,
      proc.proname,
      proc.prosecdef,
      proc.provolatile,
      proc.proconfig,
      md5(proc.prosrc) as body,
      owner.rolname as owner,
      owner.rolsuper or owner.rolbypassrls as bypasses,
      array(
        select coalesce(grantee.rolname, 'public')
        from aclexplode(coalesce(proc.proacl, acldefault('f', proc.proowner))) as granted
        left join pg_roles as grantee on grantee.oid = granted.grantee
        where granted.privilege_type = 'EXECUTE'
      ) as executors
    from pg_proc as proc
    join pg_namespace as home on home.oid = proc.pronamespace
    join pg_roles as owner on owner.oid = proc.proowner
    where home.nspname = 'realtime_advisor'
  ),
  function_fault as (
    select
      wanted.name,
      concat_ws(
        '; ',
        case when found.oid is null then 'missing' end,
        case when found.body <> wanted.body then 'its body is not the one of this script' end,
        case when not found.prosecdef then 'not security definer' end,
        case when found.provolatile <> case when wanted.is_trigger_function then 'v' else 's' end
          then 'not ' || case when wanted.is_trigger_function then 'volatile' else 'stable' end end,
        case when array_position(found.proconfig, 'search_path=""') is null and found.oid is not null
          then 'search_path is not empty' end,
        case when not found.bypasses then 'its owner ' || found.owner || ' has no BYPASSRLS' end,
        case when found.executors && array['public', 'anon']::name[] then 'executable by public or anon' end,
        case when wanted.is_trigger_function = ('authenticated' = any (found.executors)) then
          case when wanted.is_trigger_function then 'executable by authenticated'
            else 'not executable by authenticated' end end
      ) as fault
    from wanted_function as wanted
    left join our_function as found on found.proname = wanted.name
  ),
  trigger_fault as (
    select
      wanted.schema_name,
      wanted.table_name,
      wanted.name,
      concat_ws(
        '; ',
        case when found.oid is null then 'missing' end,
        case when found.tgenabled not in ('O', 'A') then 'disabled' end,
        case when called.oid is null and found.oid is not null then 'calls another function' end,
        case when found.tgtype <> wanted.type or found.tgqual is not null then 'fires at other times' end
      ) as fault
    from wanted_trigger as wanted
    left join pg_namespace as home on home.nspname = wanted.schema_name
    left join pg_class as relation
      on relation.relnamespace = home.oid and relation.relname = wanted.table_name
    left join pg_trigger as found
      on found.tgrelid = relation.oid and found.tgname = wanted.name and not found.tgisinternal
    left join our_function as called on called.oid = found.tgfoid and called.proname = wanted.function_name
  ),
  messages_policy as (
    select policy.policyname, policy.permissive, policy.cmd, policy.roles, policy.qual,
      coalesce(policy.qual, policy.with_check) as rule
    from pg_policies as policy
    where policy.schemaname = 'realtime' and policy.tablename = 'messages'
  ),
  -- Postgres writes a rule out in its own way: both are compared without case, spaces, brackets and casts.
  policy_fault as (
    select
      wanted.name,
      concat_ws(
        '; ',
        case when found.policyname is null then 'missing' end,
        case when (found.permissive, found.cmd, found.roles::text)
            <> ('PERMISSIVE', wanted.command, '{authenticated}')
          then format('not a permissive policy for %s to authenticated', lower(wanted.command)) end,
        case when lower(regexp_replace(found.rule collate "C", '::text|\s+as\s+topic|[\s()]', '', 'gi'))
            <> lower(regexp_replace(wanted.rule collate "C", '::text|\s+as\s+topic|[\s()]', '', 'gi'))
            or exists (
              select from unnest(wanted.entities) as entity where strpos(found.rule, quote_literal(entity)) = 0
            )
          then 'its text is not the one of this script' end
      ) as fault,
      found.rule
    from wanted_policy as wanted
    left join messages_policy as found on found.policyname = wanted.name
  )
select
  'schema realtime_advisor' as name,
  count(*) = 1 as ok,
  case when count(*) = 1 then 'there' else 'missing' end as detail
from pg_namespace
where nspname = 'realtime_advisor'
union all
select 'function ' || name, fault = '', case when fault = '' then 'as generated' else fault end
from function_fault
union all
select
  format('trigger %I on %I.%I', name, schema_name, table_name),
  fault = '',
  case when fault = '' then 'enabled' else fault end
from trigger_fault
union all
select format('policy %I', name), fault = '', case when fault = '' then rule else fault end
from policy_fault
union all
select
  'row level security on realtime.messages',
  coalesce(bool_and(relrowsecurity), false),
  case when bool_and(relrowsecurity) then 'on' else 'off: every topic is open to everybody' end
from pg_class
where oid = to_regclass('realtime.messages')
union all
select
  'no policy opens every topic',
  count(*) = 0,
  coalesce('these void ours: ' || string_agg(quote_ident(policyname), ', '), 'none')
from messages_policy
where permissive = 'PERMISSIVE' and cmd in ('SELECT', 'ALL') and qual = 'true'
  and roles && array['public', 'anon', 'authenticated']::name[]
union all
-- Realtime makes the partitions when a client connects; without today's, messages are lost with a warning.
select
  'partition of today',
  to_regclass(today.partition) is not null,
  today.partition || case when to_regclass(today.partition) is null then ' is missing' else ' is there' end
from (
  select 'realtime.messages_' || to_char(now() at time zone 'UTC', 'YYYY_MM_DD') as partition
) as today
union all
-- Every join of a channel looks its user up; small tables need no index for that.
select
  'index of public.memberships',
  coalesce(bool_or(relation.reltuples < 1000), false) or count(found.indexrelid) > 0,
  coalesce('found by ' || string_agg(found.indexrelid::regclass::text, ', '), 'no index begins with any of '
    || array_to_string(array['user_id', 'tenant_id'], ', '))
from pg_class as relation
left join (
  pg_index as found
  join pg_attribute as first on first.attrelid = found.indrelid and first.attnum = found.indkey[0]
) on found.indrelid = relation.oid and found.indisvalid and first.attname = any (array['user_id', 'tenant_id']::name[])
where relation.oid = to_regclass('public.memberships')
union all
-- Without one of these the function of the triggers fails: it lets the write through, and tells nobody.
select
  'columns of public.messages',
  count(*) = 0,
  coalesce('these are gone: ' || string_agg(wanted.name, ', ' order by wanted.name), 'all there')
from unnest(array['id', 'thread_id', 'author_id', 'body']) as wanted(name)
where not exists (
  select from pg_attribute as there
  where there.attrelid = to_regclass('public.messages') and there.attname = wanted.name and not there.attisdropped
)
union all
-- Without one of these the function of the triggers fails: it lets the write through, and tells nobody.
select
  'columns of public.message_threads',
  count(*) = 0,
  coalesce('these are gone: ' || string_agg(wanted.name, ', ' order by wanted.name), 'all there')
from unnest(array['id', 'tenant_id']) as wanted(name)
where not exists (
  select from pg_attribute as there
  where there.attrelid = to_regclass('public.message_threads') and there.attname = wanted.name and not there.attisdropped
);
