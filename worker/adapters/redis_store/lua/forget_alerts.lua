-- Replaces what a run keeps of alerts by what is left after something was forgotten, and notes that.
-- keys: run:<key>:alerts; A: key, fields [name]; ARGV[3…] their values. Returns 1, or LOST if the run is gone.
local key = told_key(A.key)
if call('EXISTS', key) == 0 then return LOST end
for i, name in ipairs(A.fields) do call('HSET', key, name, ARGV[2 + i]) end
call('HSET', key, 'forgotten', now)
return 1
