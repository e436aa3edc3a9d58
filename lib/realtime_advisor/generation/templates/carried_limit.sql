-- A message above the limit of Realtime's smallest plan reaches nobody: without the columns, clients fetch.
if octet_length(carried::text) > :[most_bytes] then
  carried := null;
end if;
