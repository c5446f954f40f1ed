-- fetching → fetching for another lease.
-- keys: run:<key>, attention:runs; A: key, attempt, lease
-- Returns 1; 0 if this attempt has handed the run over, so that there is nothing to renew, even if all of its deliveries
-- are closed by now; or LOST.
if not fetching(A.key, A.attempt) then
  local held = call('HMGET', run_key(A.key), 'readers', 'attempt')
  return held[1] and tonumber(held[2]) == A.attempt and 0 or LOST
end
call('ZADD', LOOK_RUNS, now + A.lease, A.key)
return 1
