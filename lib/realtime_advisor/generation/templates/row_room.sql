
-- Longer topics reach no client.
if octet_length(old_id) > :[room] then
  old_id := null;
end if;
if octet_length(new_id) > :[room] then
  new_id := null;
end if;
