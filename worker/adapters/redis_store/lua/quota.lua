-- Assigns times for requests to one connection, in the order of asking. They are spread at the tightest known rate and
-- begin after any hold. Times are milliseconds with fractions.
-- keys: accounts, quota:<account>, quota:<account>:sent
-- A: account, connection (none: nobody asks), count, cost, urgent, calls, seconds, reserve, probe, keep, again
-- Returns {probe (0 or 1), every, wait, wait, …} in microseconds; {-1}: another caller is probing the limit;
-- {-2, ms}: too few tokens are left for the day.
if A.connection then call('HSET', P .. 'accounts', A.connection, A.account) end
local key, sent = P .. 'quota:' .. A.account, P .. 'quota:' .. A.account .. ':sent'
local at = clock[1] * 1000 + clock[2] / 1000
local held = call('HMGET', key, 'known', 'probing', 'every', 'shut', 'next', 'later', 'day', 'left', 'asked')
local function number(i) return tonumber(held[i] or 0) end
local function text(value) return string.format('%.3f', value) end

if not held[1] and number(2) > at then return {-1} end

-- A part of the day's tokens is reserved for runs on demand. The zone in which the day ends is not known, so one caller
-- tries again at intervals once the tokens are spent.
if held[8] and A.cost > 0 then
  local floor = A.urgent and 0 or number(7) * A.reserve
  if number(8) - A.cost < floor then
    local again = number(9) - at
    if again > 0 then return {-2, math.ceil(again)} end
    call('HSET', key, 'asked', text(at + A.again))
  else
    call('HINCRBYFLOAT', key, 'left', -A.cost)
  end
end

local count, probe = A.count, 0
if not held[1] then
  call('HSET', key, 'probing', text(at + A.probe))
  count, probe = 1, 1
end

local every, following, later = number(3), number(5), number(6)
local answer = {probe, math.floor(every * 1000)}
for i = 1, count do
  local place = math.max(at, number(4), following)
  if not A.urgent then place = math.max(place, later) end
  if A.calls > 0 then
    local oldest = call('LINDEX', sent, A.calls - 1)
    if oldest then place = math.max(place, tonumber(oldest) + A.seconds * 1000) end
    call('LPUSH', sent, text(place))
  end
  following = place + every
  -- The rest of the rate is left for runs on demand, which do not wait behind these requests.
  if not A.urgent then later = place + every / (1 - A.reserve) end
  answer[i + 2] = math.ceil((place - at) * 1000)
end
call('HSET', key, 'next', text(following), 'later', text(later))
call('PEXPIRE', key, A.keep)
if A.calls > 0 then
  call('LTRIM', sent, 0, A.calls - 1)
  call('PEXPIRE', sent, math.ceil(A.seconds * 1000) + math.ceil(math.max(0, following - at)) + 1000)
end
return answer
