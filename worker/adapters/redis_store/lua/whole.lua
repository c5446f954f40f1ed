-- A table that was stored as a delta is stored whole, under the same name; the table that it differed from is let go.
-- keys: table:<id>, refs; A: id; ARGV[3] the whole table. Returns 1, or LOST where it is no delta any more.
local base = base_of(A.id)
if not base then return LOST end
call('SET', P .. 'table:' .. A.id, ARGV[3], 'KEEPTTL')
for _ = 1, tonumber(call('HGET', REFS, 't:' .. A.id) or 0) do release_table(base) end
return 1
