-- Before they are gone, because a TRUNCATE has no transition tables: this reads the whole table.
select :[results]
into :[into]
from (
  select distinct :[columns] from :"schema".:"table" as change
) as changed:[where];
