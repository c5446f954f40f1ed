-- Gives the caller a shared answer, a failure that happened while it waited, or the turn to fetch.
-- keys: share:<key>; A: key, since, age, waited, urgent, lease, keep (ms)
-- Returns {'kept', begun, snapshot, compared}, {'failed', reason, sentence, retry}, {'lead', begun, turn}, or nothing.
local key = P .. 'share:' .. A.key
local held = call('HMGET', key, 'begun', 'snapshot', 'compared', 'reason', 'sentence', 'retry', 'ended', 'until',
  'started')
local begun = tonumber(held[1] or 0)
if held[2] and begun >= A.since and now - begun <= A.age then return {'kept', begun, held[2], held[3] or ''} end
if held[4] and now - tonumber(held[7]) < A.waited then return {'failed', held[4], held[5], held[6] or ''} end
if tonumber(held[8] or 0) > now then
  -- The fetch in progress began too early for a run on demand. That run fetches for itself and shares nothing.
  if A.urgent and tonumber(held[9]) < A.since then return {'lead', now, 0} end
  return {}
end
local turn = call('HINCRBY', key, 'turn', 1)
call('HSET', key, 'until', now + A.lease, 'started', now)
call('PEXPIRE', key, A.keep)
return {'lead', now, turn}
