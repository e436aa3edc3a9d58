-- Keys that every row has: the primary key, and unique indexes without predicate or expression.
-- attnums are the columns' numbers in key order, "2 1"; those after the first `width` are only stored along (INCLUDE).
select
    i.indrelid::bigint as relid,
    i.indisprimary as is_primary,
    i.indkey::text as attnums,
    i.indnkeyatts as width
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid
where i.indrelid >= 16384 -- the first oid that initdb leaves to users
    and c.relkind <> 't'
    and i.indisunique
    and i.indisvalid
    and i.indpred is null
    and i.indexprs is null
order by i.indrelid, i.indisprimary desc, i.indexrelid
