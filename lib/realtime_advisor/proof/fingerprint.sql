-- Everything that a script might leave behind, one line for each object.
select format('function %s %s %s %s', proc.oid::regprocedure, md5(pg_get_functiondef(proc.oid)), proc.proacl,
  obj_description(proc.oid, 'pg_proc'))
from pg_proc as proc
where proc.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
  and proc.prokind in ('f', 'p')
union all
select format('trigger %I on %s: %s, %s', tgname, tgrelid::regclass, pg_get_triggerdef(oid), tgenabled)
from pg_trigger
where not tgisinternal
union all
select format('policy %I on %s: %s %s %s %s %s', polname, polrelid::regclass, polcmd, polroles::regrole[],
  polpermissive, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
from pg_policy
union all
select format('schema %I %s %s', nspname, nspowner::regrole, nspacl)
from pg_namespace
where nspname !~ '^pg_(toast_)?temp_'
union all
select format('relation %s %s %s %s %s', oid::regclass, relowner::regrole, relacl, relrowsecurity, relreplident)
from pg_class
where relnamespace <> 'pg_catalog'::regnamespace and relnamespace::regnamespace::text !~ '^pg_(toast|temp)'
union all
select format('column %s.%I %s', attrelid::regclass, attname, attacl)
from pg_attribute
join pg_class as relation on relation.oid = attrelid
where attnum > 0 and relation.relnamespace <> 'pg_catalog'::regnamespace
  and relation.relnamespace::regnamespace::text !~ '^pg_(toast|temp)'
union all
select format('publication %I of %s', publication.pubname, member.prrelid::regclass)
from pg_publication as publication
left join pg_publication_rel as member on member.prpubid = publication.oid
union all
select format('event trigger %I', evtname)
from pg_event_trigger
union all
select format('type %s', oid::regtype)
from pg_type
where typnamespace <> 'pg_catalog'::regnamespace and typtype <> 'b'
  and typnamespace::regnamespace::text !~ '^pg_(toast|temp)'
union all
select format('default privileges %s %s', defaclnamespace, defaclacl)
from pg_default_acl
order by 1;
