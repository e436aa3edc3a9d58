-- Who may call the triggers' functions, or attach them to a table of their own?
select grantee.rolname, count(*)
from pg_trigger as made
join pg_proc as called on called.oid = made.tgfoid
cross join pg_roles as grantee
where not made.tgisinternal
  and called.prosecdef
  and grantee.rolname in ('anon', 'authenticated')
  and has_function_privilege(grantee.oid, called.oid, 'execute')
group by grantee.rolname
order by grantee.rolname;
