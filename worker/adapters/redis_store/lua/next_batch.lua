-- The next runs that the housekeeping looks at, oldest first and round and round; every bundle in use is seen on the way.
-- keys: chores, chores:bundles, runs, run:<key>; A: limit, pause
-- Returns LOST when it is not time, else {run keys, 1 where a round has ended}.
local state = P .. 'chores'
if tonumber(call('HGET', state, 'next') or 0) > now then return LOST end
local cursor = tonumber(call('HGET', state, 'cursor') or 0)
local found = call('ZRANGE', P .. 'runs', cursor, cursor + A.limit - 1)
for _, run in ipairs(found) do
  call('SREM', P .. 'chores:bundles', call('HGET', run_key(run), 'bundle') or '')
end
local ended = #found < A.limit
call('HSET', state, 'next', now + A.pause, 'cursor', ended and 0 or cursor + #found)
return {found, ended and 1 or 0}
