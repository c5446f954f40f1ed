-- What /metrics tells of the ledger. It costs the same however many runs there are.
-- keys: counts, waiting, waiting:<kind>, due, attention:deliveries, accounts. A: none.
-- Returns {now, counts, how many runs wait, since when the oldest of them, the earliest due instant, how many
-- deliveries are open, accounts, [[kind, how many deliveries wait for a worker, since when the oldest]]}; an instant is
-- nil where there is none.
local function earliest(key)
  return call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or false
end

local kinds = {}
for i, kind in ipairs(KINDS) do
  local key = WAITING .. ':' .. kind
  kinds[i] = {kind, call('ZCARD', key), earliest(key)}
end
return {now, call('HGETALL', COUNTS), call('ZCOUNT', WAITING, '-inf', now), earliest(WAITING), earliest(P .. 'due'),
  call('ZCARD', LOOK_DELIVERIES), call('HGETALL', P .. 'accounts'), kinds}
