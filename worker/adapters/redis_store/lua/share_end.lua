-- Renews the turn to fetch (A.lease), or ends it with an answer, with a failure, or without either.
-- keys: share:<key>; A: key, turn, keep, and one of: lease | begun, snapshot, compared | reason, sentence, retry | –
-- Returns 1, or 0 if the turn lapsed and another worker has it.
local key = P .. 'share:' .. A.key
local held = call('HMGET', key, 'turn', 'until', 'begun')
if tonumber(held[1] or 0) ~= A.turn or not held[2] then return 0 end
if A.lease then
  call('HSET', key, 'until', now + A.lease)
  return 1
end
call('HDEL', key, 'until', 'started')
if A.snapshot then
  call('HSET', key, 'begun', A.begun, 'snapshot', A.snapshot, 'compared', A.compared or '')
  call('HDEL', key, 'reason', 'sentence', 'retry', 'ended')
elseif A.reason then
  call('HSET', key, 'reason', A.reason, 'sentence', A.sentence, 'retry', A.retry or '', 'ended', now)
end
call('PEXPIRE', key, A.keep)
return 1
