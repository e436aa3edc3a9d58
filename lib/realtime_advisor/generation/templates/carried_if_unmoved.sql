case
  when (:[now]) is not distinct from (:[before]) then :[carried]
end
