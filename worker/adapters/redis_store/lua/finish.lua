-- The next step of what a run that has come to be `delivering` leaves to do.
-- keys: run:<key>, run:<key>:deliveries, attention:*, open:<schedule>; A: key, republish, recount.
-- Returns {1 while more is left, what became true}.
if not finish(A.key) then return {1, facts} end
if call('HGET', run_key(A.key), 'state') == 'delivering' then call('ZADD', LOOK_RUNS, now + A.recount, A.key) end
return {0, facts}
