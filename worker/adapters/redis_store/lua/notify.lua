-- failed, and nobody has told the operator: told, once; without a notice there is nobody to tell.
-- keys: run:<key>, run:<key>:deliveries, attention:*, notices; A: key, gaps (JSON text, of a run that has none), notice
-- Returns 1 where a notice was made, 0 where it was done before, or one went out today, or the run ended otherwise.
if call('HDEL', run_key(A.key), 'untold') == 0 then return 0 end
if A.gaps then call('HSET', run_key(A.key), 'gaps', A.gaps) end
call('ZREM', LOOK_RUNS, A.key)
return A.notice and add_notice(A.key, A.notice) and 1 or 0
