-- New functions that somebody could call or divert who should not; the parameter lists those that were there before.
-- A trigger function is called by nobody, and only one that answers yes or no by users.
select concat(
  proc.oid::regprocedure,
  ' is ',
  concat_ws(
    ' and ',
    case when opened.roles <> '' then 'executable by ' || opened.roles end,
    case when not coalesce(proc.proconfig @> array['search_path=""'], false) then 'without an empty search_path' end,
    case when proc.prosecdef and not (owner.rolsuper or owner.rolbypassrls) then 'owned by ' || owner.rolname end
  )
)
from pg_proc as proc
join pg_roles as owner on owner.oid = proc.proowner
cross join lateral (
  select coalesce(string_agg(coalesce(grantee.rolname, 'public'), ', '), '') as roles
  from aclexplode(coalesce(proc.proacl, acldefault('f', proc.proowner))) as granted
  left join pg_roles as grantee on grantee.oid = granted.grantee
  where granted.privilege_type = 'EXECUTE'
    and granted.grantee <> proc.proowner
    and (
      proc.prorettype = 'trigger'::regtype
      or proc.prorettype <> 'boolean'::regtype
      or coalesce(grantee.rolname, 'public') in ('public', 'anon')
    )
) as opened
where proc.pronamespace <> 'pg_catalog'::regnamespace
  and proc.oid <> all (%s::oid[])
  and (
    opened.roles <> ''
    or not coalesce(proc.proconfig @> array['search_path=""'], false)
    or (proc.prosecdef and not (owner.rolsuper or owner.rolbypassrls))
  )
order by 1;
