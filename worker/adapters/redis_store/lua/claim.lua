-- – → claimed, – → missed, and claimed → skipped(superseded) for older runs that nobody began, when `latest`.
-- keys: due, last, run:<key>, runs, runs:<schedule>, open:<schedule>, attention:runs, missed, missed:<schedule>
-- A: pid, republish, either slots [{schedule, expected, next, runs, missed, latest}]
--    or request: one run that does not come from a slot. Run: {key, slot, bundle, trigger, deadline}
-- Returns the keys of the runs that this call created.
local created = {}

local function create(run)
  local key = run_key(run.key)
  if call('EXISTS', key) == 1 then return end
  call('HSET', key, 'state', 'claimed', 'trigger', run.trigger, 'bundle', run.bundle, 'attempt', 0,
    'claimed_at', now, 'deadline', run.deadline, 'claimed_by', A.pid)
  call('ZADD', LOOK_RUNS, now + A.republish, run.key)
  call('ZADD', P .. 'runs', run.slot, run.key)
  call('ZADD', P .. 'runs:' .. schedule_of(run.key), run.slot, run.key)
  call('ZADD', open_key(run.key), run.slot, run.key)
  created[#created + 1] = run.key
end

-- A run that was postponed had its tries and ends by itself, with its notice; one that somebody asked for is wanted.
local function supersede(schedule, slot)
  for _, old in ipairs(call('ZRANGEBYSCORE', P .. 'open:' .. schedule, '-inf', '(' .. slot)) do
    local held = call('HMGET', run_key(old), 'state', 'not_before')
    if held[1] == 'claimed' and not held[2] and not string.find(old, '+', 1, true) then
      close_run(old, 'skipped', 'superseded')
    end
  end
end

local function note(schedule, missed)
  local text = cjson.encode({schedule, missed.first, missed.last, missed.count, missed.reason})
  call('ZADD', P .. 'missed', missed.last, text)
  call('ZADD', P .. 'missed:' .. schedule, missed.last, text)
end

local function take(entry)
  -- Another clock got there first: its write decided.
  if tonumber(call('ZSCORE', P .. 'due', entry.schedule) or -1) ~= entry.expected then return end
  if entry.next then call('ZADD', P .. 'due', entry.next, entry.schedule)
  else call('ZREM', P .. 'due', entry.schedule) end
  local last = 0
  for _, missed in ipairs(entry.missed) do
    note(entry.schedule, missed)
    last = math.max(last, missed.last)
  end
  for _, run in ipairs(entry.runs) do
    if entry.latest then supersede(entry.schedule, run.slot) end
    create(run)
    last = math.max(last, run.slot)
  end
  if last > 0 then call('HSET', P .. 'last', entry.schedule, last) end
end

for _, entry in ipairs(A.slots) do take(entry) end
if A.request then create(A.request) end
return created
