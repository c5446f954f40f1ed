-- claimed → fetching (attempt + 1). Also fetching → fetching if the lease has lapsed before a tick has seen it.
-- claimed → skipped(deleted or paused) if its schedule is no longer deployed, or paused.
-- The sixth try → failed(abandoned).
-- keys: waiting, run:<key>, attention:runs, open:<schedule>, deployed, bundle:<id>:schedules, paused, paused:defined, renamed
-- A: key, pid, lease, republish
-- Returns {now, the run's fields and values, 1 if it was postponed}; {0, nothing, the facts} if it was closed; or LOST.
local key = run_key(A.key)
local held = call('HMGET', key, 'state', 'not_before', 'tries')
if held[1] == 'fetching' then
  if tonumber(call('ZSCORE', LOOK_RUNS, A.key) or 0) > now then return LOST end
elseif held[1] ~= 'claimed' or tonumber(held[2] or 0) > now then
  return LOST
end
local why = hindered(A.key)
if why then
  close_run(A.key, 'skipped', why)
  return {0, {}, facts}
end
if tonumber(held[3] or 0) >= TRIES then
  abandon(A.key)
  return {0, {}, facts}
end
tell('begun', A.key, call('HINCRBY', key, 'attempt', 1))
call('HINCRBY', key, 'tries', 1)
call('HSET', key, 'state', 'fetching', 'executed_by', A.pid)
call('HDEL', key, 'not_before', 'q')
call('ZREM', WAITING, A.key)
call('ZADD', LOOK_RUNS, now + A.lease, A.key)
return {now, call('HGETALL', key), held[2] and 1 or 0}
