-- A receiver said nothing for `waited` ms. If it answered another message meanwhile, only that message is at fault.
-- keys: circuit:<receiver>; A: receiver, waited, rest
local key = P .. 'circuit:' .. A.receiver
call('HDEL', key, 'trial')
if tonumber(call('HGET', key, 'answered') or 0) > now - A.waited then return 0 end
call('HSET', key, 'open', now + A.rest)
call('PEXPIRE', key, A.rest)
return 1
