-- fetching → claimed(not_before): A.until_ · fetching → failed: A.state = 'failed', with a notice where A.notice says
-- what, and with what alert rules without data changed · fetching, claimed → skipped(reason): A.state = 'skipped'
-- keys: waiting, run:<key>, run:<key>:deliveries, attention:*, open:<schedule>, notices, alerts:<schedule>, acks:<schedule>,
--       run:<key>:alerts
-- A: key, attempt, until_ | state, reason, sentence, gaps (JSON text), notice, alerts (common.lua `alerts_stand`), told
--    [[reader, expires, content]]. Returns the facts, or LOST; for a failed run {whether a notice was made, the facts}, or
--    AGAIN if the alert rules have to be evaluated again.
local held = call('HMGET', run_key(A.key), 'state', 'attempt')
local mine = tonumber(held[2]) == A.attempt
if not mine or not (held[1] == 'fetching' or (held[1] == 'claimed' and A.state == 'skipped')) then return LOST end
if A.until_ then
  -- The worker postponed the run, so the tries start again. Only the death of a worker counts as a try.
  call('HSET', run_key(A.key), 'state', 'claimed', 'not_before', A.until_, 'gaps', A.gaps)
  call('HDEL', run_key(A.key), 'tries')
  call('ZADD', LOOK_RUNS, A.until_, A.key)
  call('ZADD', WAITING, A.until_, A.key)
  return facts
end
local staged = A.alerts and staged_alerts(A.key, A.alerts)
if A.alerts and not staged then return LOST end
if A.alerts and not alerts_stand(A.key, A.alerts) then return AGAIN end
if A.gaps then call('HSET', run_key(A.key), 'gaps', A.gaps) end
if A.reason == 'superseded' then
  local slot, tries = slot_of(A.key), tonumber(call('HGET', run_key(A.key), 'tries') or 0)
  local newest = slot and call('ZREVRANGEBYSCORE', open_key(A.key), '+inf', '(' .. slot, 'LIMIT', 0, 1)[1]
  if newest then hand_on_tries(newest, tries - 1) end -- this try did not die
end
close_run(A.key, A.state, A.reason, A.sentence)
if A.state ~= 'failed' then return facts end
if A.alerts then
  write_alerts(A.key, A.alerts, staged)
  add_notifications(A.key, A.told)
  add_notices(A.key, A.alerts)
end
return {A.notice and add_notice(A.key, A.notice) and 1 or 0, facts}
