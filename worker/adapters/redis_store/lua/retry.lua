-- refused, failed, skipped(expired) → pending: somebody asks for another try of what did not arrive. What a newer run
-- has taken the place of stays as it is, because nothing older follows a newer digest.
-- The run keeps its closed state until the last of them is settled.
-- keys: run:<key>, run:<key>:deliveries, attention:deliveries, open:<schedule>, runs, runs:<schedule>
-- A: run, slot, readers [[id, expires]], republish. Returns the ids of those that are pending again.
local again = {}
local each = call('HEXISTS', run_key(A.run), 'readers') == 1 and call('HEXISTS', run_key(A.run), 'all') == 0
for _, reader in ipairs(A.readers) do
  local row = row_in('RFK', A.run, reader[1])
  local late = row and each and not is_notice(reader[1]) and #reached(A.run, {reader[1]}) > 0
  if row and not late and (row.s ~= 'K' or row.e == 'expired') then
    unsend(row)
    if row.y then row.v, row.y = true, nil end -- the first copy may be there already
    row.e, row.m, row.t, row.x = 'retried', nil, nil, reader[2]
    write(A.run, reader[1], row, 'P', now + A.republish)
    again[#again + 1] = reader[1]
  end
end
if #again > 0 and call('HEXISTS', run_key(A.run), 'readers') == 1 then
  call('ZADD', open_key(A.run), A.slot, A.run)
end
return again
