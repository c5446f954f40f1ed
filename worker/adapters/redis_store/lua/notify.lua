-- failed(abandoned): the operator is told, once; without a notice there is nobody to tell.
-- keys: run:<key>, run:<key>:deliveries, attention:*; A: key, gaps (JSON text), notice, expires, republish
-- Returns 1, or 0 where it was done before, or the run ended otherwise.
if call('HDEL', run_key(A.key), 'untold') == 0 then return 0 end
call('HSET', run_key(A.key), 'gaps', A.gaps)
call('ZREM', LOOK_RUNS, A.key)
if A.notice then add_notice(A.key, A.notice) end
return 1
