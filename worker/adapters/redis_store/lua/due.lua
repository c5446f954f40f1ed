-- Returns now; the due schedules, oldest first, each followed by its due time; and those of them that are paused, each
-- followed by the pause's end (0: none).
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
