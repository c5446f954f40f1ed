-- fetching → fetching for another lease.
-- keys: run:<key>, attention:runs; A: key, attempt, lease
-- Returns 1; 0 if this attempt has handed the run over, so that there is nothing to renew; or LOST.
if not fetching(A.key, A.attempt) then
  local held = call('HMGET', run_key(A.key), 'state', 'attempt')
  return held[1] == 'delivering' and tonumber(held[2]) == A.attempt and 0 or LOST
end
call('ZADD', LOOK_RUNS, now + A.lease, A.key)
return 1
