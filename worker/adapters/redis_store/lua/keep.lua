-- Stores blobs for a day; what is stored already keeps its time, or gets a day anew.
-- keys: snap:<id>, table:<id>; A: id, tables [id], day; ARGV[3] the header, ARGV[4…] the tables
local function stay(key)
  local left = call('PTTL', key)
  if left >= 0 and left < A.day then call('PEXPIRE', key, A.day) end
end
for i, id in ipairs(A.tables) do
  call('SET', P .. 'table:' .. id, ARGV[3 + i], 'PX', A.day, 'NX')
  stay(P .. 'table:' .. id)
end
local snap = P .. 'snap:' .. A.id
if call('EXISTS', snap) == 0 then
  call('HSET', snap, 'header', ARGV[3], 'tables', table.concat(A.tables, ' '))
  call('PEXPIRE', snap, A.day)
end
stay(snap)
return 1
