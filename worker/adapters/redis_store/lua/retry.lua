-- refused, failed, skipped(expired) → pending, when a person asks for another try. A delivery that a newer run has
-- superseded does not change, because an older digest never follows a newer one.
-- The run keeps its closed state until the last of these deliveries is settled.
-- keys: run:<key>, run:<key>:deliveries, attention:deliveries, open:<schedule>, returned:<schedule>, runs,
--       runs:<schedule>
-- A: run, slot, readers [[id, expires]], republish. Returns the ids of those that are pending again.
local again = {}
local each = call('HEXISTS', run_key(A.run), 'readers') == 1 and call('HEXISTS', run_key(A.run), 'all') == 0
for _, reader in ipairs(A.readers) do
  local row = row_in('RFK', A.run, reader[1])
  local late = row and each and not is_notice(reader[1]) and not is_alert(reader[1]) and #reached(A.run, {reader[1]}) > 0
  if row and not late and (row.s ~= 'K' or row.e == 'expired') then
    unsend(row)
    take_again(A.run, reader[1])
    if row.y then row.v, row.y = true, nil end -- the first copy may have arrived
    row.e, row.m, row.t, row.x = 'retried', nil, nil, reader[2]
    write(A.run, reader[1], row, 'P', now + A.republish)
    again[#again + 1] = reader[1]
  end
end
if #again > 0 and call('HEXISTS', run_key(A.run), 'readers') == 1 then
  call('ZADD', open_key(A.run), A.slot, A.run)
end
return again
