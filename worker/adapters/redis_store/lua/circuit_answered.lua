-- A receiver answered: messages may go.
-- keys: circuit:<receiver>; A: receiver, keep
local key = P .. 'circuit:' .. A.receiver
call('HDEL', key, 'open', 'trial')
call('HSET', key, 'answered', now)
call('PEXPIRE', key, A.keep)
return 1
