insert into message_threads (id, tenant_id, organization_id)
select gen_random_uuid(), '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000001'
from generate_series(1, 9998);
analyze message_threads, users;
