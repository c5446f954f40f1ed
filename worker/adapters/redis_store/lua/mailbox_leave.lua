-- Ends a turn, and records when the mailbox was read to its end or why it could not be.
-- keys: mailbox:<channel>; A: channel, turn, trouble. Nothing for a turn that lapsed.
local key = P .. 'mailbox:' .. A.channel
if tonumber(call('HGET', key, 'turn') or 0) ~= A.turn then return LOST end
call('HDEL', key, 'until')
if A.trouble ~= '' then
  call('HSET', key, 'trouble', A.trouble)
else
  call('HDEL', key, 'trouble')
  call('HSET', key, 'looked', now)
end
return 0
