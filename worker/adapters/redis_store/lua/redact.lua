-- Replaces the content of a snapshot under its old name, after rows were removed on request.
-- keys: snap:<id>, table:<id>, refs; A: id, tables [id]; ARGV[3] the header, ARGV[4…] the tables, whole
-- Returns 1, or LOST if the snapshot is gone.
local snap = P .. 'snap:' .. A.id
local left = call('PTTL', snap)
if left == -2 then return LOST end
local held, before = call('HEXISTS', REFS, 's:' .. A.id) == 1, {}
each_table(A.id, function(name) before[#before + 1] = name end)
for i, id in ipairs(A.tables) do
  local key = P .. 'table:' .. id
  call('SET', key, ARGV[3 + i], 'NX')
  if left > 0 and call('PTTL', key) < left then call('PEXPIRE', key, left) end
end
call('HSET', snap, 'header', ARGV[3], 'tables', table.concat(A.tables, ' '), 'forgotten', now)
if held then
  each_table(A.id, function(name) call('HINCRBY', REFS, 't:' .. name, 1) end)
  for _, name in ipairs(before) do release_table(name) end
end
return 1
