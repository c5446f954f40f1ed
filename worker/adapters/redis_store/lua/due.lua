-- Returns now, the schedules whose slot has come, oldest first, each followed by when it was due, and of these the
-- paused ones, each followed by the pause's end (0: none).
-- keys: due, paused; A: limit
local found = call('ZRANGEBYSCORE', P .. 'due', '-inf', now, 'WITHSCORES', 'LIMIT', 0, A.limit)
local paused = {}
if call('EXISTS', P .. 'paused') == 1 then
  for i = 1, #found, 2 do
    local till = call('HGET', P .. 'paused', found[i])
    if till then paused[#paused + 1], paused[#paused + 2] = found[i], till end
  end
end
return {now, found, paused}
