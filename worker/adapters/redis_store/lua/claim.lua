-- – → claimed, – → missed, and with `latest`: claimed → skipped(superseded) for older runs that were not begun.
-- The end of a debounce window: – → claimed.
-- keys: counts, waiting, deployed, due, windows, last, renamed, run:<key>, runs, runs:<schedule>, open:<schedule>, attention:runs, missed, missed:<schedule>
-- A: pid, republish, either slots [{schedule, expected, next, runs, missed, latest, bundle, late}], with the bundle of
--    those that name none
--    or request: one run on demand, with the row of missed slots that contains its slot (missed; rest: what remains
--    of that row), or windows [{schedule, slot, bundle, run}] that have ended. Run: {key, slot, bundle, trigger, deadline}
-- Returns {the keys of the runs that this call created, the facts}; a claim is {'claimed', run, pid}, missed
-- slots are {'missed', schedule, count, reason}.
local created = {}
local in_force = call('HGET', P .. 'deployed', 'bundle')
local renamed = call('EXISTS', P .. 'renamed') == 1

local function current(name) return renamed and call('HGET', P .. 'renamed', name) or name end

-- Redis gets a Lua number with seventeen digits and no hurry. Whole numbers as text are much cheaper.
local function whole(number) return string.format('%d', number) end

-- What is written once for all slots of this call, in pairs of two. `taken`: schedules whose next instant is among it.
local dues, ended, looks, waits, runs, lasts, counted, taken = {}, {}, {}, {}, {}, {}, {}, {}
local NOW, LOOK = whole(now), whole(now + A.republish)

local function add(list, first, second)
  local n = #list
  list[n + 1], list[n + 2] = first, second
end

local function count(n, field) counted[field] = (counted[field] or 0) + n end

local PIECE = 1000
local function write_all(command, key, list)
  for from = 1, #list, PIECE do call(command, key, unpack(list, from, math.min(from + PIECE - 1, #list))) end
end

local function flush()
  write_all('ZADD', P .. 'due', dues)
  write_all('ZREM', P .. 'due', ended)
  write_all('ZADD', LOOK_RUNS, looks)
  write_all('ZADD', WAITING, waits)
  write_all('ZADD', P .. 'runs', runs)
  write_all('HSET', P .. 'last', lasts)
  for field, n in pairs(counted) do tally(n, field) end
  dues, ended, looks, waits, runs, lasts, counted, taken = {}, {}, {}, {}, {}, {}, {}, {}
end

local function create(run)
  local key, schedule = run_key(run.key), current(string.sub(run.key, 1, string.find(run.key, '@', 1, true) - 1))
  if call('EXISTS', key) == 1 then return end
  local slot = whole(run.slot)
  call('HSET', key, 'state', 'claimed', 'trigger', run.trigger, 'bundle', run.bundle or A.bundle or '', 'attempt', '0',
    'claimed_at', NOW, 'deadline', whole(run.deadline), 'claimed_by', whole(A.pid))
  local newest = call('ZREVRANGE', P .. 'runs:' .. schedule, 0, 0, 'WITHSCORES')[2]
  if newest and tonumber(newest) > run.slot then call('HSET', key, 'behind', newest) end
  add(looks, LOOK, run.key)
  add(waits, NOW, run.key)
  add(runs, slot, run.key)
  call('ZADD', P .. 'runs:' .. schedule, slot, run.key)
  call('ZADD', P .. 'open:' .. schedule, slot, run.key)
  created[#created + 1] = run.key
  count(1, 'claimed ' .. run.trigger)
  report('claimed', run.key, A.pid)
end

-- Supersedes older runs that nobody has begun. Postponed runs are left to end with their own notice, and runs on demand
-- are still wanted. A run that is being fetched is superseded when it hands over or is begun again.
local function give_way(run)
  for _, old in ipairs(call('ZRANGEBYSCORE', open_key(run.key), '-inf', '(' .. whole(run.slot))) do
    local held = call('HMGET', run_key(old), 'state', 'not_before', 'trigger', 'tries')
    if held[1] == 'claimed' and not held[2] and held[3] ~= 'manual' and not string.find(old, '+', 1, true) then
      close_run(old, 'skipped', 'superseded')
      hand_on_tries(run.key, tonumber(held[4] or 0))
    end
  end
end

local function note(schedule, missed)
  local text = cjson.encode({missed.schedule, missed.first, missed.last, missed.count, missed.reason})
  call('ZADD', P .. 'missed', missed.last, text)
  call('ZADD', P .. 'missed:' .. schedule, missed.last, text)
end

-- A missed slot is run after all. Replaces its row by what remains of it. False if there is no such row.
local function split(missed, rest)
  local schedule = call('HGET', P .. 'renamed', missed.schedule) or missed.schedule
  for _, text in ipairs(call('ZRANGEBYSCORE', P .. 'missed:' .. schedule, missed.last, missed.last)) do
    local row = cjson.decode(text)
    if row[1] == missed.schedule and row[2] == missed.first and row[4] == missed.count then
      call('ZREM', P .. 'missed', text)
      call('ZREM', P .. 'missed:' .. schedule, text)
      for _, part in ipairs(rest) do note(schedule, part) end
      return true
    end
  end
  return false
end

local function take(entry)
  -- Computed from definitions that are no longer deployed. The next tick computes it again.
  local bundle = entry.bundle or A.bundle
  if bundle and bundle ~= '' and bundle ~= in_force then return end
  if taken[entry.schedule] then flush() end
  -- Another clock was first, and its write counts.
  if tonumber(call('ZSCORE', P .. 'due', entry.schedule) or -1) ~= entry.expected then return end
  taken[entry.schedule] = true
  if entry.next then add(dues, whole(entry.next), entry.schedule) else add(ended, entry.schedule) end
  local last = 0
  for _, missed in ipairs(entry.missed) do
    note(entry.schedule, missed)
    report('missed', missed.schedule, missed.count, missed.reason)
    last = math.max(last, missed.last)
  end
  for _, run in ipairs(entry.runs) do
    create(run)
    if entry.latest then
      if #entry.runs > 1 then flush() end -- what gives way may be of this call
      give_way(run)
    end
    last = math.max(last, run.slot)
  end
  if entry.late then count(entry.late, 'late') end
  if last > 0 then add(lasts, entry.schedule, whole(last)) end
end

-- A run of a window whose schedule is gone is none.
local function close_window(window)
  if window.bundle ~= in_force then return end
  if tonumber(call('ZSCORE', P .. 'windows', window.schedule) or -1) ~= window.slot then return end
  call('ZREM', P .. 'windows', window.schedule)
  if window.run then create(window.run) end
end

for _, window in ipairs(A.windows or {}) do close_window(window) end
for _, entry in ipairs(A.slots) do take(entry) end
if A.request and call('EXISTS', run_key(A.request.key)) == 0 and (not A.missed or split(A.missed, A.rest)) then
  create(A.request)
end
flush()
return {created, facts}
