(
  select min(written.record_id)
  from (select change.:"column"::text as record_id from :[rows] as change limit 2) as written
  having count(*) = 1
)
