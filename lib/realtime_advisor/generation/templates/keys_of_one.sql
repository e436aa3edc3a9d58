case
  when (
    :[now]
  ) is not distinct from (
    :[before]
  ) then null
  :[otherwise]
end
