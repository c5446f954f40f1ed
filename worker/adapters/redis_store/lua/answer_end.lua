-- The answer to the request of an idempotency key, or the key given back. A key that has lapsed stays away.
-- keys: answer:<key>
-- A: key, status (nil: given back), body (nil: it may be shown once only)
local key = P .. 'answer:' .. A.key
if not A.status then return call('DEL', key) end
if call('EXISTS', key) == 0 then return 0 end
call('HSET', key, 'status', A.status)
if A.body then call('HSET', key, 'body', A.body) end
call('HDEL', key, 'turn')
return 1
