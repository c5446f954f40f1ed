-- An event of a service: opens the debounce windows of the schedules that wait for it. A window that is open stays as
-- it is, so that its run comes in bounded time.
-- keys: event:<id>, heard, hooks:<connection>, windows
-- A: id, keep, connection, windows [[schedule, ms]]. Returns what became of the event.
call('HSET', P .. 'heard', A.connection, now)
local outcome = 'unused'
if not call('SET', P .. 'event:' .. A.id, 1, 'NX', 'PX', A.keep) then
  outcome = 'duplicate'
else
  for _, pair in ipairs(A.windows) do
    call('ZADD', P .. 'windows', 'NX', now + pair[2], pair[1])
    outcome = 'accepted'
  end
end
call('HINCRBY', P .. 'hooks:' .. A.connection, outcome, 1)
return outcome
