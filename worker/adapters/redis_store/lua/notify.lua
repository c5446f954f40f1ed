-- A failed or partial run of which the operator was not notified: adds the notice, once. Without A.notice there is no operator.
-- keys: run:<key>, run:<key>:deliveries, attention:*, notices; A: key, gaps (JSON text, of a run that has none), notice
-- Returns 1 if a notice was made; 0 if it was done before, one was made today, or the run ended in another way.
if call('HDEL', run_key(A.key), 'untold') == 0 then return 0 end
if A.gaps then call('HSET', run_key(A.key), 'gaps', A.gaps) end
call('ZREM', LOOK_RUNS, A.key)
return A.notice and add_notice(A.key, A.notice) and 1 or 0
