-- Records how far a mailbox was dealt with and what followed from its mails, and holds the turn longer.
-- keys: mailbox:<channel>; A: channel, turn, lease, validity, number, counts {what: how many}. LOST for a lapsed turn.
local key = P .. 'mailbox:' .. A.channel
if tonumber(call('HGET', key, 'turn') or 0) ~= A.turn then return LOST end
call('HSET', key, 'validity', A.validity, 'number', A.number, 'until', now + A.lease)
for what, count in pairs(A.counts) do call('HINCRBY', key, 'n:' .. what, count) end
return 0
