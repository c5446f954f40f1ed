-- Notices to the operator about a schedule's own troubles, and about their ends: an end is told once, and only if the
-- trouble was.
-- keys: run:<key>:deliveries, attention:deliveries, notices
-- A: run, notices (as for `add_notice`), ends [{of: the subject that is over, notice}]. Returns how many were made.
local made = 0
for _, notice in ipairs(A.notices) do
  if add_notice(A.run, notice) then made = made + 1 end
end
for _, over in ipairs(A.ends) do
  if end_trouble(A.run, over.of) and add_notice(A.run, over.notice) then made = made + 1 end
end
return made
