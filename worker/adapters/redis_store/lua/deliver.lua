-- fetching → delivering, with one pending delivery per reader; without readers → skipped(no_readers), or no_alert if its
-- alert rules were evaluated. The same step writes what they changed, and supersedes the older notifications that the
-- new ones carry.
-- fetching → skipped(deleted or paused) if its schedule was removed or paused meanwhile.
-- pending, deferred, unknown, unknown(held) → skipped(superseded) for the same readers in older runs of the schedule,
-- and for this run's readers whom a newer run has reached. Neither happens under `catch_up: all`.
-- keys: run:<key>, run:<key>:deliveries, run:<key>:staged, run:<key>:subscribed, attention:*, open:<schedule>, chain:<schedule>:<query>,
--       snap:<id>, table:<id>, refs, baseline:<schedule>, alerts:<schedule>, acks:<schedule>, run:<key>:alerts
-- A: key, attempt, slot, snapshots and gaps (JSON texts), stored [id], links [[query, id]], readers (how many: their rows
--    were staged), supersede, republish, recount, keep, alerts (common.lua `alerts_stand`), moved [[old reader, new
--    reader]], ended [reader]
-- Returns {the number of deliveries, 1 if `finish` has more to do, the facts}, LOST, or AGAIN if the alert rules have to
-- be evaluated again.
if not fetching(A.key, A.attempt) then return LOST end
local why = hindered(A.key)
if why then
  close_run(A.key, 'skipped', why)
  return {0, 0, facts}
end
local key = run_key(A.key)
-- The staged rows are gone or are those of an unfinished attempt, so the caller has lost its claim.
if A.readers > 0 and call('HLEN', staged_key(A.key)) ~= A.readers then return LOST end
local staged_told = A.alerts and staged_alerts(A.key, A.alerts)
if A.alerts and not staged_told then return LOST end
if A.alerts and not alerts_stand(A.key, A.alerts) then return AGAIN end

-- Deliveries now refer to these answers, so they live as long as a baseline may.
local function hold_blobs()
  for _, id in ipairs(A.stored) do hold_snapshot(id) end
  for _, link in ipairs(A.links) do
    call('ZADD', P .. 'chain:' .. schedule_of(A.key) .. ':' .. link[1], A.slot, link[2])
  end
end

-- An owner who is reached at another address goes on with what was sent to the old one.
local function follow_owners()
  local key = P .. 'baseline:' .. schedule_of(A.key)
  for _, pair in ipairs(A.moved) do
    local held = call('HGET', key, pair[1])
    if held then call('HSETNX', key, pair[2], held) end
  end
  for _, reader in ipairs(A.ended) do call('HDEL', key, reader) end
end

hold_blobs()
if A.alerts then write_alerts(A.key, A.alerts, staged_told) end
follow_owners()
call('HSET', key, 'snapshots', A.snapshots, 'gaps', A.gaps, 'readers', A.readers, 'n:open', A.readers)
call('HDEL', key, 'tries', 'q')
if A.readers == 0 then
  close_run(A.key, 'skipped', A.alerts and 'no_alert' or 'no_readers')
  if A.alerts then add_notices(A.key, A.alerts) end
  return {0, 0, facts}
end
call('RENAME', staged_key(A.key), rows_key(A.key))
call('PERSIST', rows_key(A.key))
if A.alerts then add_notices(A.key, A.alerts) end
call('PERSIST', subscribed_key(A.key))
call('HSET', key, 'state', 'delivering', 'todo', (A.supersede and 's' or 'i') .. '0')
if not A.supersede then call('HSET', key, 'all', 1) end
tell('delivering', A.key, A.readers)
local done = finish(A.key)
-- If the worker dies before the rest is done, the sweep does it.
if call('HGET', key, 'state') == 'delivering' then
  call('ZADD', LOOK_RUNS, now + (done and A.recount or A.republish), A.key)
end
return {A.readers, done and 0 or 1, facts}
