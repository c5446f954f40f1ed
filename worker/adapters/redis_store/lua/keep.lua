-- Stores blobs for a day. Blobs that are stored already live for at least another day.
-- keys: snap:<id>, table:<id>, keyframe:<query>:<table>; A: id, tables [id], bases [id or ''], day,
--       frames [[name, table, deltas against it]]; ARGV[3] the header, ARGV[4…] the tables
-- Returns LOST if a base is gone. The caller must then store its tables whole.
for _, base in ipairs(A.bases) do
  if base ~= '' and call('EXISTS', P .. 'table:' .. base) == 0 then return LOST end
end

local function stay(key)
  local left = call('PTTL', key)
  if left >= 0 and left < A.day then call('PEXPIRE', key, A.day) end
end

for i, id in ipairs(A.tables) do call('SET', P .. 'table:' .. id, ARGV[3 + i], 'PX', A.day, 'NX') end
local snap = P .. 'snap:' .. A.id
if call('EXISTS', snap) == 0 then
  call('HSET', snap, 'header', ARGV[3], 'tables', table.concat(A.tables, ' '))
  call('PEXPIRE', snap, A.day)
end
stay(snap)
-- A table that was stored earlier may be a delta to another base.
each_table(A.id, function(name) stay(P .. 'table:' .. name) end)
for _, frame in ipairs(A.frames) do
  call('SET', P .. 'keyframe:' .. frame[1], frame[2] .. ' ' .. frame[3], 'PX', A.keep)
end
return 1
