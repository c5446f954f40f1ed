-- Takes the turn to read a mailbox of bounces, which lapses by itself.
-- keys: mailbox:<channel>; A: channel, lease
-- Returns {turn, validity, number}, the last two of the last mail that was dealt with, or LOST while another has it.
local key = P .. 'mailbox:' .. A.channel
call('HDEL', key, 'asked')
if tonumber(call('HGET', key, 'until') or 0) > now then return LOST end
local turn = call('HINCRBY', key, 'turn', 1)
call('HSET', key, 'until', now + A.lease)
local mark = call('HMGET', key, 'validity', 'number')
return {turn, mark[1] or '', mark[2] or ''}
