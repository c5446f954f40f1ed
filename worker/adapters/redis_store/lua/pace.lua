-- Reserves the next turn of a bucket that allows one message every `every` ms. Returns how long to wait for it, in ms.
-- A turn further away than `patience` is not reserved: its owner comes back later, and the turn would stay unused.
-- keys: pace:<bucket>; A: bucket, every, patience
local key = P .. 'pace:' .. A.bucket
local at = math.max(now, tonumber(call('GET', key) or 0))
local wait = at - now
if wait <= A.patience then call('SET', key, at + A.every, 'PX', wait + A.every + 1000) end
return wait
