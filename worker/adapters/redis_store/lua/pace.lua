-- Reserves the next turn of a bucket that allows one message every `every` ms. Returns how long to wait for it, in ms.
-- A turn further away than `patience` is not reserved: its owner comes back later, and the turn would stay unused.
-- `who` keeps a turn that is still to come: a digest takes over the turn of the older one of the same reader that it
-- supersedes. Otherwise it would wait behind a turn that nobody uses, and be superseded itself.
-- keys: pace:<bucket>, pace:<bucket>:<who>; A: bucket, who, every, patience
local key = P .. 'pace:' .. A.bucket
local mine = key .. ':' .. A.who
local kept = tonumber(call('GET', mine) or 0)
if kept > now then return kept - now end
local at = math.max(now, tonumber(call('GET', key) or 0))
local wait = at - now
if wait <= A.patience then
  call('SET', key, at + A.every, 'PX', wait + A.every + 1000)
  if wait > 0 then call('SET', mine, at, 'PX', wait) end
end
return wait
