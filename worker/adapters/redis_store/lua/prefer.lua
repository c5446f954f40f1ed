-- Stops a reader's messages, or ends what stopped them.
-- keys: preferences:<schedule>, renamed
-- A: schedule, reader, choice (what is set, or what is ended), preference (text; nil: the choice ends)
-- Returns 1, 0 if nothing changed, or LOST for a pause of a reader who unsubscribed.
local schedule = call('HGET', P .. 'renamed', A.schedule) or A.schedule
local key = P .. 'preferences:' .. schedule
local text = call('HGET', key, A.reader)
local held = text and cjson.decode(text).choice
if not A.preference then return held == A.choice and call('HDEL', key, A.reader) or 0 end
if held == 'unsubscribed' then return A.choice == held and 0 or LOST end
keep_for_copy(key, A.reader, text)
call('HSET', key, A.reader, A.preference)
return 1
