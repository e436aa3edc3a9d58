select :[results]
into :[into]
from (select distinct :[columns] from :[rows] as change) as changed:[where];
