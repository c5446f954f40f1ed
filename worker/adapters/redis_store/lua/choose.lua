-- Keeps what a reader chose, in place of what was chosen before.
-- keys: choices:<schedule>, renamed; A: schedule, reader, choices (text; nil: nothing is chosen)
local key = P .. 'choices:' .. (call('HGET', P .. 'renamed', A.schedule) or A.schedule)
if A.choices then return call('HSET', key, A.reader, A.choices) end
return call('HDEL', key, A.reader)
