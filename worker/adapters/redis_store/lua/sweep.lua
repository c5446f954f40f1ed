-- Moves abandoned work on, and returns it for publishing.
-- run      claimed: published again · fetching, lease lapsed → claimed; the fifth time → failed(abandoned)
--          delivering: counted again · failed: published until the operator is notified
-- delivery pending: published again · deferred → pending · sending, lease lapsed → unknown(lease_lapsed)
--          unknown: published · pending, deferred, unknown past their time → skipped(expired) or failed(exhausted)
-- mailbox of bounces: due → asked for
-- keys: counts, waiting, attention:runs, attention:deliveries, run:<key>, run:<key>:deliveries, open:<schedule>, mailboxes,
--       mailboxes:every, mailbox:<channel>
-- A: limit, republish, recount, lookup. Returns {run keys, delivery keys, the facts, channels}.
local runs, deliveries = {}, {}
local budget = 5000 -- rows that one call may count, because Redis answers no other client meanwhile

local function publish_run(run)
  local times = call('HINCRBY', run_key(run), 'q', 1)
  call('ZADD', LOOK_RUNS, now + pause(times), run)
  runs[#runs + 1] = run
end

-- Resets the state and the owner. With only a new lease, the run would stay busy for ever.
local function lapse(run)
  local key = run_key(run)
  if tonumber(call('HGET', key, 'tries') or 0) >= TRIES then return abandon(run) end
  call('HSET', key, 'state', 'claimed')
  call('HDEL', key, 'executed_by', 'q')
  call('ZADD', WAITING, now, run)
  publish_run(run)
end

local function recount(run)
  if not finish(run) then
    budget = budget - STEP
    call('ZADD', LOOK_RUNS, now + 1, run)
    return
  end
  local n = {open = 0, sent = 0, skipped = 0, refused = 0, failed = 0, unknown = 0}
  local rows = call('HGETALL', rows_key(run))
  for i = 1, #rows, 2 do
    local class = CLASS[string.sub(rows[i + 1], 1, 1)]
    if not is_notice(rows[i]) then n[class] = n[class] + 1 end
    budget = budget - 1
  end
  for class, count in pairs(n) do call('HSET', run_key(run), 'n:' .. class, count) end
  call('ZADD', LOOK_RUNS, now + A.recount, run)
  conclude(run, nil)
end

local function look_at_run(run)
  local state = call('HGET', run_key(run), 'state')
  if state == 'claimed' then publish_run(run)
  elseif state == 'fetching' then lapse(run)
  elseif state == 'delivering' then recount(run)
  elseif call('HEXISTS', run_key(run), 'untold') == 1 then publish_run(run)
  else call('ZREM', LOOK_RUNS, run) end
end

local function publish_delivery(run, reader, row, state)
  row.q = (row.q or 0) + 1
  row.h, row.o = nil, nil
  -- The row may expire before the next look.
  local look = now + pause(row.q)
  write(run, reader, row, state, math.max(no_later(row, look), now + 1))
  deliveries[#deliveries + 1] = run .. '/' .. reader
end

local function look_at_delivery(member)
  local slash = string.find(member, '/', string.find(member, '@', 1, true), true)
  local run, reader = string.sub(member, 1, slash - 1), string.sub(member, slash + 1)
  local row = read(run, reader)
  if not row or not string.find('PDGU', row.s, 1, true) then
    call('ZREM', LOOK_DELIVERIES, member)
    awaits_none(run, reader)
  elseif expire(run, reader, row) then
    return
  elseif row.s == 'D' then
    row.n, row.q = nil, nil
    publish_delivery(run, reader, row, 'P')
  elseif row.s == 'G' then
    row.e, row.t, row.n, row.q = 'lease_lapsed', now, now + A.lookup, nil
    write(run, reader, row, 'U', no_later(row, row.n))
  else
    publish_delivery(run, reader, row, row.s)
  end
end

for _, run in ipairs(call('ZRANGEBYSCORE', LOOK_RUNS, '-inf', now, 'LIMIT', 0, A.limit)) do
  if budget > 0 then look_at_run(run) end
end
for _, member in ipairs(call('ZRANGEBYSCORE', LOOK_DELIVERIES, '-inf', now, 'LIMIT', 0, A.limit)) do
  look_at_delivery(member)
end
local mailboxes = {}
for _, channel in ipairs(call('ZRANGEBYSCORE', P .. 'mailboxes', '-inf', now)) do
  local key = P .. 'mailbox:' .. channel
  call('ZADD', P .. 'mailboxes', now + call('HGET', P .. 'mailboxes:every', channel), channel)
  -- While no worker takes messages, the queue is not filled with more of them.
  if now - tonumber(call('HGET', key, 'asked') or 0) >= LONGEST_PAUSE then
    call('HSET', key, 'asked', now)
    mailboxes[#mailboxes + 1] = channel
  end
end
return {runs, deliveries, facts, mailboxes}
