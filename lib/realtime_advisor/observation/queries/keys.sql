-- Keys: the primary key, unique indexes without expression, and such over two columns or more that have a predicate.
-- attnums are the columns' numbers in key order, "2 1"; those after the first `width` are only stored along (INCLUDE).
-- pg_get_expr() locks the table of a predicate until the transaction ends, in ACCESS SHARE mode: a migration can make this
-- wait. So indexes with a predicate over one column, which pair nothing, are left out.
select
    i.indrelid::bigint as relid,
    i.indisprimary as is_primary,
    i.indkey::text as attnums,
    i.indnkeyatts as width,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid
where i.indrelid >= 16384 -- the first oid that initdb leaves to users
    and c.relkind <> 't'
    and i.indisunique
    and i.indisvalid
    and i.indexprs is null
    and (i.indpred is null or i.indnkeyatts > 1)
order by i.indrelid, i.indisprimary desc, i.indexrelid
