-- fetching → delivering, with one pending delivery per reader; without readers → skipped(no_readers).
-- fetching → skipped(deleted or paused) when its schedule was taken away or paused meanwhile.
-- pending, deferred, unknown(held) → skipped(superseded) for the same readers in older runs of the schedule.
-- keys: run:<key>, run:<key>:deliveries, attention:*, open:<schedule>, chain:<schedule>:<query>, snap:<id>, table:<id>
-- A: key, attempt, slot, snapshots and gaps (JSON texts), stored [id], links [[query, id]], readers [[id, expires]],
--    supersede, republish, recount, keep
-- Returns how many deliveries there are, or LOST.
if not fetching(A.key, A.attempt) then return LOST end
local why = hindered(A.key)
if why then
  close_run(A.key, 'skipped', why)
  return 0
end
local key, rows, open = run_key(A.key), rows_key(A.key), open_key(A.key)

-- From here on something reaches these answers: they live as long as a baseline may.
local function hold_blobs()
  for _, id in ipairs(A.stored) do hold_snapshot(id) end
  for _, link in ipairs(A.links) do
    call('ZADD', P .. 'chain:' .. schedule_of(A.key) .. ':' .. link[1], A.slot, link[2])
  end
end

-- Counted and written once per run, not once per row: two thousand readers are a few commands.
local function supersede(old, from, to)
  local names, marks, members = {}, {}, {}
  for i = from, to do names[#names + 1] = A.readers[i][1] end
  local gone = {open = 0, unknown = 0}
  for i, text in ipairs(call('HMGET', rows_key(old), unpack(names))) do
    local state = text and string.sub(text, 1, 1)
    if state == 'P' or state == 'D' or state == 'H' then
      local row = cjson.decode(string.sub(text, 2))
      row.e, row.t, row.n, row.h, row.o, row.q = 'superseded', now, nil, nil, nil, nil
      marks[#marks + 1], marks[#marks + 2] = names[i], 'K' .. cjson.encode(row)
      members[#members + 1] = old .. '/' .. names[i]
      gone[CLASS[state]] = gone[CLASS[state]] + 1
    end
  end
  if #members == 0 then return end
  call('HSET', rows_key(old), unpack(marks))
  call('ZREM', LOOK_DELIVERIES, unpack(members))
  for class, count in pairs(gone) do
    -- Lua would write nothing taken away as -0, which is no integer to Redis.
    if count > 0 then call('HINCRBY', run_key(old), 'n:' .. class, -count) end
  end
  call('HINCRBY', run_key(old), 'n:skipped', #members)
  conclude(old, 'superseded')
end

local function create_rows(from, to)
  local fields, looks, look = {}, {}, now + A.republish
  for i = from, to do
    local reader = A.readers[i]
    fields[#fields + 1], fields[#fields + 2] = reader[1], 'P' .. cjson.encode({x = reader[2]})
    looks[#looks + 1], looks[#looks + 2] = look, A.key .. '/' .. reader[1]
  end
  call('HSET', rows, unpack(fields))
  call('ZADD', LOOK_DELIVERIES, unpack(looks))
end

hold_blobs()
call('HSET', key, 'snapshots', A.snapshots, 'gaps', A.gaps, 'readers', #A.readers, 'n:open', #A.readers)
call('HDEL', key, 'tries', 'q')
if #A.readers == 0 then
  close_run(A.key, 'skipped', 'no_readers')
  return 0
end
call('HSET', key, 'state', 'delivering')
call('ZADD', LOOK_RUNS, now + A.recount, A.key)
-- In chunks: Lua passes some thousand arguments at most.
local older = A.supersede and call('ZRANGEBYSCORE', open, '-inf', '(' .. A.slot) or {}
for from = 1, #A.readers, 1000 do
  local to = math.min(from + 999, #A.readers)
  for _, old in ipairs(older) do supersede(old, from, to) end
  create_rows(from, to)
end
return #A.readers
