-- A person ends a run. claimed, fetching → skipped(cancelled): the worker that has it finds that out with its next write.
-- delivering: of its digests pending, deferred, unknown → skipped(cancelled), some hundred in one call. What was sent
-- stays, what is being sent goes on, and so do notices and notifications of alerts, which nobody would tell again.
-- keys: run:<key>, run:<key>:deliveries, attention:*, open:<schedule>, baseline:<schedule>, unclear:<schedule>
-- A: key, cursor ('0': the first call). Returns {the state before, the next cursor or '', deliveries ended, the facts}
local state = call('HGET', run_key(A.key), 'state')
if state == 'claimed' or state == 'fetching' then
  close_run(A.key, 'skipped', 'cancelled')
elseif state == 'delivering' then
  local page, names = call('HSCAN', rows_key(A.key), A.cursor, 'COUNT', STEP), {}
  for i = 1, #page[2], 2 do
    if not is_notice(page[2][i]) and not is_alert(page[2][i]) then names[#names + 1] = page[2][i] end
  end
  local ended = #names > 0 and leave_out(A.key, names, 'PDU', 'cancelled', 'the run was cancelled') or 0
  for _, name in ipairs(names) do wake(A.key, name) end
  return {state, page[1] ~= '0' and page[1] or '', ended, facts}
end
return {state or '', '', 0, facts}
