-- Keys that every row has: the primary key, and unique indexes without predicate or expression. Columns in key order.
select
    i.indrelid::bigint as relid,
    i.indisprimary as is_primary,
    array(
        select a.attname::text
        from pg_catalog.generate_series(0, i.indnkeyatts - 1) as position
        join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[position]
        order by position
    ) as columns
from pg_catalog.pg_index i
where i.indrelid >= 16384
    and i.indisunique
    and i.indisvalid
    and i.indpred is null
    and i.indexprs is null
order by i.indrelid, i.indisprimary desc, i.indexrelid
