-- Stores a table whole that was stored as a delta, under the same name, and releases its base.
-- keys: table:<id>, refs; A: id; ARGV[3] the whole table. Returns 1, or LOST if it is no longer a delta.
local base = base_of(A.id)
if not base then return LOST end
call('SET', P .. 'table:' .. A.id, ARGV[3], 'KEEPTTL')
for _ = 1, tonumber(call('HGET', REFS, 't:' .. A.id) or 0) do release_table(base) end
return 1
