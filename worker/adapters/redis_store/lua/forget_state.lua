-- Replaces a rule's state by one in which something was forgotten.
-- keys: alerts:<schedule>; A: schedule, rule, version; ARGV[3] the new state. Returns 1, or LOST if it changed meanwhile.
local key = alerts_key(A.schedule)
if state_head(call('HGET', key, A.rule)) ~= A.version then return LOST end
call('HSET', key, A.rule, ARGV[3])
return 1
