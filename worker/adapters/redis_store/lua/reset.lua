-- Somebody sets what readers are compared with. What is being decided against the old is decided anew (intend.lua,
-- settle.lua); what was decided before goes out and moves none of these baselines (move_baselines).
-- keys: baseline:<schedule>, open:<schedule>, run:<key>:deliveries, snap:<id>
-- A: schedule, snapshots [id], moves [[reader, {query: [snapshot or '', slot, as of]}]]
-- Returns the deliveries [run, reader] that were decided before and are still open, or LOST where an answer is gone.
for _, id in ipairs(A.snapshots) do
  if call('EXISTS', P .. 'snap:' .. id) == 0 then return LOST end
end

local key, names = P .. 'baseline:' .. A.schedule, {}
for i, move in ipairs(A.moves) do
  local text = call('HGET', key, move[1])
  local held = text and cjson.decode(text) or {}
  local at = math.max(now, last_reset(text) + 1)
  for query, to in pairs(move[2]) do
    held[query] = {to[1], to[2], to[1] == '' and at or to[3], at}
  end
  call('HSET', key, move[1], cjson.encode(held))
  names[i] = move[1]
end

local going = {}
for _, run in ipairs(call('ZRANGE', P .. 'open:' .. A.schedule, 0, -1)) do
  for i, text in ipairs(call('HMGET', rows_key(run), unpack(names))) do
    if text and string.find('PDGUH', string.sub(text, 1, 1), 1, true) then
      if cjson.decode(string.sub(text, 2)).d then going[#going + 1] = {run, names[i]} end
    end
  end
end
return going
