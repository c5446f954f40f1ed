-- Gives a delivery its turn among the messages that an address may get in a period. A period begins with its first
-- message. A delivery keeps its turn for all its tries.
-- keys: cap:<subject>; A: subject, delivery, messages, per, always (a turn beyond the cap too)
-- Returns 0 if the delivery has its turn, else when the period ends.
local key = P .. 'cap:' .. A.subject
local ends = tonumber(call('HGET', key, 'ends') or 0)
if ends <= now then
  ends = now + A.per
  call('DEL', key)
  call('HSET', key, 'ends', ends)
  call('PEXPIRE', key, A.per)
end
if call('HEXISTS', key, A.delivery) == 1 then return 0 end
if not A.always and call('HLEN', key) > A.messages then return ends end -- one field is `ends`
call('HSET', key, A.delivery, 1)
return 0
