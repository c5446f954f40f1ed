-- Takes or renews the turn of a webhook of events.
-- keys: webhook:<name>, events. A: name, who, lease. Returns {cursor, now, retry_at}, or LOST.
local key = P .. 'webhook:' .. A.name
local held = call('HMGET', key, 'who', 'until', 'cursor', 'retry_at')
if held[1] and held[1] ~= A.who and tonumber(held[2] or 0) > now then return LOST end
call('HSET', key, 'who', A.who, 'until', now + A.lease)
if not held[3] then
  -- A webhook that is new is told of what comes from now on.
  local newest = call('XREVRANGE', P .. 'events', '+', '-', 'COUNT', 1)[1]
  held[3] = newest and newest[1] or '0-0'
  call('HSET', key, 'cursor', held[3])
end
return {held[3], now, held[4]}
