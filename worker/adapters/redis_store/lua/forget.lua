-- Removes the deliveries of one reader from a run and from its counts. A closed run keeps its state.
-- keys: run:<key>, run:<key>:deliveries, run:<key>:subscribed, attention:deliveries, open:<schedule>; A: run, readers [id]
-- Returns {the number of removed deliveries, the facts}.
local gone = 0
for _, reader in ipairs(A.readers) do
  local row = read(A.run, reader)
  if row then
    call('HDEL', rows_key(A.run), reader)
    call('HDEL', subscribed_key(A.run), reader)
    call('ZREM', LOOK_DELIVERIES, A.run .. '/' .. reader)
    awaits_none(A.run, reader)
    if call('HEXISTS', run_key(A.run), 'readers') == 1 and not is_notice(reader) then
      call('HINCRBY', run_key(A.run), 'readers', -1)
      call('HINCRBY', run_key(A.run), 'n:' .. CLASS[row.s], -1)
    end
    gone = gone + 1
  end
end
if gone > 0 and call('HGET', run_key(A.run), 'state') == 'delivering' then conclude(A.run, nil) end
return {gone, facts}
