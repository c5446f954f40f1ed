-- Does the next step in setting up a run that became `delivering`.
-- keys: run:<key>, run:<key>:deliveries, attention:*, open:<schedule>; A: key, republish, recount.
-- Returns {1 if more is left, the facts}.
if not finish(A.key) then return {1, facts} end
if call('HGET', run_key(A.key), 'state') == 'delivering' then call('ZADD', LOOK_RUNS, now + A.recount, A.key) end
return {0, facts}
