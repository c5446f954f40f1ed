-- Takes the next place of a lane that lets one pass every `every` ms. Returns how long to wait for it, in ms.
-- A place further off than `patience` is not taken: its owner comes back later, and would leave a hole.
-- keys: pace:<lane>; A: lane, every, patience
local key = P .. 'pace:' .. A.lane
local at = math.max(now, tonumber(call('GET', key) or 0))
local wait = at - now
if wait <= A.patience then call('SET', key, at + A.every, 'PX', wait + A.every + 1000) end
return wait
