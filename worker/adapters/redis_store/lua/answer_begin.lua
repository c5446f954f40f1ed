-- What is known of an idempotency key, or the turn to deal with its request.
-- keys: answer:<key>
-- A: key, request, turn (ms), keep (ms). Returns {'new'}, {'going'}, {'other'}, or {'answer', status, body or ''}.
local key = P .. 'answer:' .. A.key
local held = call('HMGET', key, 'request', 'turn', 'status', 'body')
if held[1] and held[1] ~= A.request then return {'other'} end
if held[3] then return {'answer', held[3], held[4] or ''} end
if held[2] and tonumber(held[2]) > now then return {'going'} end
call('HSET', key, 'request', A.request, 'turn', now + A.turn)
call('PEXPIRE', key, A.keep)
return {'new'}
