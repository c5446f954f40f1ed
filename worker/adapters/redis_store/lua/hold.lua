-- Reserves a delivery for one process. pending, unknown: the state does not change.
-- deferred whose time has come → pending, for a process that did not wait for the tick.
-- pending, unknown past its time → skipped(expired) or failed(exhausted).
-- pending, unknown whose reader a newer run has reached → skipped(superseded).
-- pending while an older delivery to the reader is on its way → deferred(order). The wait is added to its expiry.
-- A notification of alerts is not superseded; it also waits for an older one that waits itself.
-- keys: run:<key>, run:<key>:deliveries, run:<key>:pairs, attention:*, open:<schedule>, runs, runs:<schedule>,
--       baseline:<schedule>, unclear:<schedule>, suspended, preferences:<schedule>, continued:<schedule>, deployed,
--       bundle:<id>:schedules, subscriptions:<schedule>, subscriptions:<schedule>:ended
-- A: run, reader, pid, lease. Returns LOST; {0, the facts} if the delivery was closed or must wait; all that a worker
-- needs, at one instant: now, the row, what it was decided against, the reader's baselines, whether anything is
-- suspended, the facts (older deliveries to the reader that are superseded), the reader's preference, and what is in
-- force: the bundle, since when, the present ids of schedule and reader, and whether the reader subscribed at run time.
local row = row_in('PUD', A.run, A.reader)
if not row or (row.h or 0) > now or (row.n or 0) > now then return LOST end
if expire(A.run, A.reader, row) then return {0, facts} end

local function defer(till, deferred)
  till = math.max(till, now + 1000)
  if not deferred then till = math.min(till, now + A.lease) end
  if row.x then row.x = row.x + till - now end
  if row.e ~= 'order' then report('delivery', A.run, A.reader, 'D', 'order', '') end
  row.e, row.m, row.n, row.h, row.o, row.q = 'order', nil, till, nil, nil, nil
  write(A.run, A.reader, row, 'D', till)
end

local held = call('HMGET', run_key(A.run), 'readers', 'all')
if held[1] and not is_notice(A.reader) then -- a notice to the operator never waits
  if not held[2] and not is_alert(A.reader) and #reached(A.run, {A.reader}) > 0 then
    supersede(A.run, {A.reader})
    return {0, facts}
  end
  local till, deferred
  if row.s ~= 'U' then
    till, deferred = turn(A.run, A.reader, held[2])
    row = read(A.run, A.reader) -- it may tell of an older one now
  end
  if till then
    defer(till, deferred)
    return {0, facts}
  end
end
-- A reader may have another id since the run was claimed; what is said of that one counts then.
local schedule, reader = schedule_of(A.run), person(A.reader)
local now_id = call('HGET', P .. 'continued:' .. schedule, reader)
local function said()
  local key = P .. 'preferences:' .. schedule
  return call('HGET', key, reader) or (now_id and call('HGET', key, now_id))
end

-- A subscription ends with its schedule. As long as that is gone, it is the last word of its reader.
local function in_force()
  local deployed, id = call('HMGET', P .. 'deployed', 'bundle', 'at'), now_id or reader
  local key = P .. 'subscriptions:' .. schedule
  local subscribed = call('HEXISTS', key, id)
  if subscribed == 1 and call('HEXISTS', key .. ':ended', id) == 1 then
    subscribed = 1 - call('SISMEMBER', P .. 'bundle:' .. (deployed[1] or '') .. ':schedules', schedule)
  end
  return {deployed[1], deployed[2], schedule, id, subscribed}
end

-- What the digest says of an older one stays as it was when it was first about to be sent.
if not row.d then row.u = tonumber(call('HGET', unclear_key(A.run), A.reader) or nil) end
local baselines = baselines_of(A.run, A.reader)
local at = math.max(now, last_reset(baselines) + 1) -- after a reset of this very millisecond
row.h, row.o = at + A.lease, A.pid
write(A.run, A.reader, row, row.s == 'D' and 'P' or row.s, row.h)
return {at, call('HGET', rows_key(A.run), A.reader), row.b and call('HGET', pairs_key(A.run), row.b) or false,
  baselines, call('EXISTS', P .. 'suspended'), facts,
  said(), in_force()}
