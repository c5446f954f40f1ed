-- Stores the limits that answers state for a connection. The tightest recent limit sets the rate.
-- keys: quota:<account>; A: account, limits [[name, limit, window]], hold, day, left, spent, failed, share, fresh, keep, again
-- Times in milliseconds; a hold counts from now.
local key = P .. 'quota:' .. A.account
local function text(value) return string.format('%.3f', value) end
if A.failed then
  -- The next caller probes the limit instead.
  call('HDEL', key, 'probing')
  return 1
end

local function tightest()
  local rows, slowest = call('HGETALL', key), 0
  for i = 1, #rows, 2 do
    if string.sub(rows[i], 1, 6) == 'limit:' then
      local limit = cjson.decode(rows[i + 1])
      if now - limit[3] > A.fresh then call('HDEL', key, rows[i])
      else slowest = math.max(slowest, limit[2] / (limit[1] * A.share)) end
    end
  end
  return slowest
end

for _, limit in ipairs(A.limits) do
  local name, window = 'limit:' .. limit[1] .. '/' .. limit[2], limit[3]
  local before = call('HGET', key, name)
  if before then window = math.max(window, cjson.decode(before)[2]) end
  call('HSET', key, name, cjson.encode({limit[2], window, now}))
end
call('HSET', key, 'known', 1, 'every', text(tightest()))
call('HDEL', key, 'probing')
if A.hold > 0 then
  local shut = math.max(tonumber(call('HGET', key, 'shut') or 0), now + A.hold)
  call('HSET', key, 'shut', text(shut))
end
if A.day then call('HSET', key, 'day', A.day) end
if A.left then call('HSET', key, 'left', A.left) end
if A.spent then call('HSET', key, 'left', 0, 'asked', text(now + A.spent)) end
call('PEXPIRE', key, A.keep)
return 1
