-- fetching → fetching for another lease.
-- keys: run:<key>, attention:runs; A: key, attempt, lease
if not fetching(A.key, A.attempt) then return LOST end
call('ZADD', LOOK_RUNS, now + A.lease, A.key)
return 1
