-- Ends a pause, unless a slot came due during it that is not accounted for yet, because that slot would run late.
-- keys: paused, due; A: schedule. Returns 1, 0 when there was no pause, or LOST.
local till = tonumber(call('HGET', P .. 'paused', A.schedule) or -1)
if till < 0 then return 0 end
local due = tonumber(call('ZSCORE', P .. 'due', A.schedule) or 'inf')
if due <= now and (till == 0 or due < till) then return LOST end
call('HDEL', P .. 'paused', A.schedule)
return 1
