-- Puts a bundle in force.
-- keys: bundle:<id>, bundle:<id>:schedules (filled beforehand), deployed, due, suspended, baseline:<schedule>
-- A: bundle, count (its schedules), firsts [[schedule, ms]], ended [schedule], dropped [[schedule, reader]]; ARGV[3] bytes
-- Returns now, or LOST when the set of schedules is not whole: another deployment took it away meanwhile.
local names = P .. 'bundle:' .. A.bundle .. ':schedules'
if call('SCARD', names) ~= A.count then return LOST end
local before = call('HGET', P .. 'deployed', 'bundle')
call('SET', P .. 'bundle:' .. A.bundle, ARGV[3])
call('HSET', P .. 'deployed', 'bundle', A.bundle, 'at', now)
call('PERSIST', names)
if before and before ~= A.bundle then call('UNLINK', P .. 'bundle:' .. before .. ':schedules') end
for _, first in ipairs(A.firsts) do call('ZADD', P .. 'due', first[2], first[1]) end
for _, schedule in ipairs(A.ended) do call('ZREM', P .. 'due', schedule) end
for _, reader in ipairs(A.dropped) do call('HDEL', P .. 'baseline:' .. reader[1], reader[2]) end
call('DEL', P .. 'suspended')
return now
