insert into documents (id, tenant_id, title)
select gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'one of many'
from generate_series(1, 999);
