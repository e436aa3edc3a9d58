-- The statements of this database that may write, with how often they ran and how many rows they wrote since the
-- statistics of statements were reset. The view is found by search_path: its extension may live in any schema.
-- A text that is hidden from this role or lost cannot be told apart; it is null. Those with most rows first.
select
    s.queryid,
    pg_catalog.left(s.query, 10000) as text,
    pg_catalog.count(*) as kinds, -- several only where the text is null
    pg_catalog.sum(s.calls)::bigint as calls,
    pg_catalog.sum(s.rows)::bigint as rows
from (
    select queryid, nullif(query, '<insufficient privilege>') as query, calls, rows
    from pg_stat_statements
    where dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
) s
where s.query is null or s.query ~* '\m(insert|update|delete|merge|copy)\M'
group by s.queryid, s.query
order by rows desc, s.queryid
