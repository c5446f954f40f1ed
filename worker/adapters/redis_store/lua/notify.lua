-- A failed or partial run of which the operator was not notified: adds the notice, once. Without A.notice there is no operator.
-- Or a run that reached everybody, after one that did not: ends those troubles and adds the notice if one was told.
-- The same step writes what alert rules without data changed.
-- keys: run:<key>, run:<key>:deliveries, attention:*, notices, alerts:<schedule>, acks:<schedule>, run:<key>:alerts
-- A: key, gaps (JSON text, of a run that has none), notice, over [subject] (ended by it), alerts (common.lua `alerts_stand`), told [[reader, expires,
--    content]]
-- Returns {1 if a notice was made; 0 if one was made today, if it was done before, or the run ended in another way; AGAIN
-- if the alert rules have to be evaluated again, the facts}.
if call('HEXISTS', run_key(A.key), 'untold') == 0 then return {0, facts} end
local staged = A.alerts and staged_alerts(A.key, A.alerts)
if A.alerts and not staged then return {AGAIN, facts} end
if A.alerts and not alerts_stand(A.key, A.alerts) then return {AGAIN, facts} end
call('HDEL', run_key(A.key), 'untold')
if A.gaps then call('HSET', run_key(A.key), 'gaps', A.gaps) end
call('ZREM', LOOK_RUNS, A.key)
if A.alerts then
  write_alerts(A.key, A.alerts, staged)
  add_notifications(A.key, A.told)
  add_notices(A.key, A.alerts)
end
local tell = #A.over == 0
for _, subject in ipairs(A.over) do tell = end_trouble(A.key, subject) or tell end
return {tell and A.notice and add_notice(A.key, A.notice) and 1 or 0, facts}
