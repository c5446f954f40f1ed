-- Deletes a closed run that is past its schedule's retention, and the answers that only this run held.
-- keys: run:<key>, run:<key>:deliveries, run:<key>:pairs, run:<key>:subscribed, run:<key>:alerts, runs, runs:<schedule>,
--       open:<schedule>, chain:<schedule>:*, snap:<id>, table:<id>, refs, chores; A: key, floor (ms: what is not older may still be compared with)
-- Returns 1, or 0 if the run may still be needed.
local key, schedule = run_key(A.key), schedule_of(A.key)
local held = call('HMGET', key, 'state', 'snapshots')
local slot = call('ZSCORE', P .. 'runs', A.key)
if not held[1] or not slot or tonumber(slot) >= A.floor then return 0 end
if held[1] == 'claimed' or held[1] == 'fetching' or held[1] == 'delivering' then return 0 end
if call('ZSCORE', open_key(A.key), A.key) then return 0 end

-- The next answer refers to the newest one.
local answers = cjson.decode(held[2] or '{}')
for query, id in pairs(answers) do
  if call('ZREVRANGE', P .. 'chain:' .. schedule .. ':' .. query, 0, 0)[1] == id then return 0 end
end
for query, id in pairs(answers) do
  call('ZREM', P .. 'chain:' .. schedule .. ':' .. query, id)
end
local once = {}
for _, id in pairs(answers) do once[id] = true end
for id in pairs(once) do release_snapshot(id) end
for _, text in ipairs(call('HVALS', pairs_key(A.key))) do
  local past = {}
  for _, baseline in pairs(cjson.decode(text)) do
    if type(baseline) == 'table' then past[baseline[1]] = true end
  end
  for id in pairs(past) do release_snapshot(id) end
end
local rank = call('ZRANK', P .. 'runs', A.key)
if rank < tonumber(call('HGET', P .. 'chores', 'cursor') or 0) then call('HINCRBY', P .. 'chores', 'cursor', -1) end
call('UNLINK', key, rows_key(A.key), pairs_key(A.key), subscribed_key(A.key), told_key(A.key))
call('ZREM', P .. 'runs', A.key)
call('ZREM', P .. 'runs:' .. schedule, A.key)
call('ZREM', LOOK_RUNS, A.key)
return 1
