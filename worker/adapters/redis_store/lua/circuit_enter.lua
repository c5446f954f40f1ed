-- How long a message has to wait before it may go to a receiver, in ms. 0: it goes now, and without a recent answer of
-- the receiver it is the one that tries it.
-- keys: circuit:<receiver>; A: receiver, fresh, trial, grace, poll, again
local key = P .. 'circuit:' .. A.receiver
local known = call('HMGET', key, 'open', 'answered', 'trial')
local open, answered, trial = tonumber(known[1] or 0), tonumber(known[2] or 0), tonumber(known[3] or 0)
if open > now then return open - now end
if now - answered < A.fresh then return 0 end
if now - trial < A.grace then return A.poll end
if now - trial < A.trial then return A.again end
call('HSET', key, 'trial', now)
call('PEXPIRE', key, A.trial)
return 0
