-- Whether all is in place for public.events. Reads only; one row a check: name, ok, detail.
with
  wanted_function(name, is_trigger_function, body) as (
    values
      ('may_read_tenant_e663b5d8', false, '50d1261d0b8f880decdf0965f6743e3d'),
      ('broadcast_events', true, 'a746800c95da9785333fd05afbb8ab99')
  ),
  wanted_trigger(schema_name, table_name, name, function_name, type) as (
    values
      ('public', 'events', 'realtime_advisor_insert', 'broadcast_events', 4),
      ('public', 'events', 'realtime_advisor_update', 'broadcast_events', 16),
      ('public', 'events', 'realtime_advisor_delete', 'broadcast_events', 8),
      ('public', 'events', 'realtime_advisor_truncate', 'broadcast_events', 34)
  ),
  wanted_policy(name, command, entities, rule) as (
    values
      ('realtime_advisor tenant:<id>:events e663b5d8', 'SELECT', array['events'], 'extension = ''broadcast'' and realtime_advisor.may_read_tenant_e663b5d8((select realtime.topic()), ''events'')')
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
-- Partitions that were made since: run the script's step 2 again.
select
  'partitions of public.events',
  count(*) filter (where lacking.triggers > 0) = 0,
  coalesce(
    'lack triggers: ' || string_agg(lacking.id::regclass::text, ', ') filter (where lacking.triggers > 0),
    'all have the triggers'
  )
from (
  with recursive below(id) as (
    select inhrelid from pg_inherits where inhparent = to_regclass('public.events')
    union all
    select child.inhrelid from pg_inherits as child join below on child.inhparent = below.id
  )
  select
    below.id,
    3 - count(found.oid) as triggers
  from below
  join pg_class as relation on relation.oid = below.id and relation.relkind in ('r', 'p')
  left join pg_trigger as found
    on found.tgrelid = below.id and found.tgenabled in ('O', 'A')
    and found.tgfoid = to_regprocedure('realtime_advisor.broadcast_events()')
  group by below.id
) as lacking
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
  'columns of public.events',
  count(*) = 0,
  coalesce('these are gone: ' || string_agg(wanted.name, ', ' order by wanted.name), 'all there')
from unnest(array['id', 'region', 'tenant_id', 'title']) as wanted(name)
where not exists (
  select from pg_attribute as there
  where there.attrelid = to_regclass('public.events') and there.attname = wanted.name and not there.attisdropped
);
