-- Ends a round of the housekeeping: bundles that no run was seen to use and no rollback can need go, and the next round's are noted.
-- What was last told to the operator more than a month ago is forgotten: its next notice is like a first.
-- keys: chores:bundles, deployed, deployments, bundle:<id>, missed, missed:<schedule>, notices
-- A: bundles [id], all that are stored now; missed (ms: older rows go), day, month. Returns how many bundles went.
local unused, gone, wanted = P .. 'chores:bundles', 0, {}
wanted[call('HGET', P .. 'deployed', 'bundle') or ''] = true
for _, made in ipairs(call('LRANGE', P .. 'deployments', 0, -1)) do wanted[cjson.decode(made).b] = true end
for _, id in ipairs(call('SMEMBERS', unused)) do
  -- A run on demand may have pinned it a moment ago.
  if not wanted[id] then gone = gone + call('PEXPIRE', P .. 'bundle:' .. id, A.day) end
end
call('DEL', unused)
for _, id in ipairs(A.bundles) do
  if not wanted[id] then call('SADD', unused, id) end
end
for _, text in ipairs(call('ZRANGEBYSCORE', P .. 'missed', '-inf', '(' .. A.missed, 'LIMIT', 0, 1000)) do
  local name = cjson.decode(text)[1]
  call('ZREM', P .. 'missed', text)
  call('ZREM', P .. 'missed:' .. (call('HGET', P .. 'renamed', name) or name), text)
end
local notices = call('HGETALL', NOTICES)
for i = 1, #notices, 2 do
  if cjson.decode(notices[i + 1]).t < now - A.month then call('HDEL', NOTICES, notices[i]) end
end
return gone
