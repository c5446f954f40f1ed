-- Stands before every script.
-- ARGV[1] the project's prefix, ARGV[2] the arguments as one JSON object. Keys are made here from the prefix: Redis
-- Cluster, where that is not allowed, is refused at start. Times are milliseconds, and `now` is Redis's own clock.
local P = ARGV[1] .. ':'
local A = cjson.decode(ARGV[2])
local call = redis.call
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local LOST = -1
local TRIES = 5
local LONGEST_PAUSE = 900000
local LOOK_RUNS, LOOK_DELIVERIES = P .. 'attention:runs', P .. 'attention:deliveries'

local function run_key(run) return P .. 'run:' .. run end
local function rows_key(run) return P .. 'run:' .. run .. ':deliveries' end
local function staged_key(run) return P .. 'run:' .. run .. ':staged' end
local function pairs_key(run) return P .. 'run:' .. run .. ':pairs' end

-- A run keeps the id under which it was claimed; what belongs to its schedule lies under the id that it has now.
local function schedule_of(run)
  local name = string.sub(run, 1, string.find(run, '@', 1, true) - 1)
  return call('HGET', P .. 'renamed', name) or name
end

local function open_key(run) return P .. 'open:' .. schedule_of(run) end

-- A queue that is merely long must not be filled with copies of what waits in it: each time twice as long.
local function pause(times) return math.min(A.republish * 2 ^ math.min(times, 20), LONGEST_PAUSE) end

-- Whether `attempt` is the one that fetches this run.
local function fetching(run, attempt)
  local held = call('HMGET', run_key(run), 'state', 'attempt')
  return held[1] == 'fetching' and tonumber(held[2]) == attempt
end

-- Why a run may not go on, nil when it may. One that somebody asked for goes on although its schedule is paused.
local function hindered(run)
  local schedule, deployed = schedule_of(run), call('HGET', P .. 'deployed', 'bundle')
  if deployed and call('SISMEMBER', P .. 'bundle:' .. deployed .. ':schedules', schedule) == 0 then return 'deleted' end
  if call('HGET', run_key(run), 'trigger') == 'manual' then return nil end
  if call('SISMEMBER', P .. 'paused:defined', schedule) == 1 then return 'paused' end
  local till = tonumber(call('HGET', P .. 'paused', schedule) or 1)
  return (till == 0 or till > now) and 'paused' or nil
end

-- Stored answers are held by what may still ask for them: the run that read them, and every pair that a delivery of it
-- was decided against. A table is held by its snapshots, and with it the whole table that it is stored as a delta to.
local REFS = P .. 'refs'

local function base_of(name)
  local head = call('GETRANGE', P .. 'table:' .. name, 0, 16)
  if #head < 17 or string.byte(head) ~= 1 then return nil end
  return (string.gsub(string.sub(head, 2), '.', function(c) return string.format('%02x', string.byte(c)) end))
end

local function each_table(id, act)
  for name in string.gmatch(call('HGET', P .. 'snap:' .. id, 'tables') or '', '%S+') do
    local base = base_of(name)
    act(name)
    if base then act(base) end
  end
end

local function hold_snapshot(id)
  if call('PEXPIRE', P .. 'snap:' .. id, A.keep) == 0 then return end
  local first = call('HINCRBY', REFS, 's:' .. id, 1) == 1
  each_table(id, function(name)
    call('PEXPIRE', P .. 'table:' .. name, A.keep)
    if first then call('HINCRBY', REFS, 't:' .. name, 1) end
  end)
end

-- What was held before holders were counted has no count: its time runs out by itself.
local function let_go(kind, name, key)
  local left = call('HINCRBY', REFS, kind .. name, -1)
  if left > 0 then return false end
  call('HDEL', REFS, kind .. name)
  return left == 0
end

local function release_table(name)
  if let_go('t:', name) then call('UNLINK', P .. 'table:' .. name) end
end

local function release_snapshot(id)
  if not let_go('s:', id) then return end
  local tables = {}
  each_table(id, function(name) tables[#tables + 1] = name end)
  for _, name in ipairs(tables) do release_table(name) end
  call('UNLINK', P .. 'snap:' .. id)
end

-- What this call made true, for the caller to emit: {'run', run, state, reason} where a run is closed, or closed
-- otherwise than before; {'delivery', run, reader, letter, reason, sentence}; claim.lua and settle.lua have more.
local facts = {}

local function report(...) facts[#facts + 1] = {...} end

local function close_run(run, state, reason, sentence)
  report('run', run, state, reason)
  call('HSET', run_key(run), 'state', state, 'reason', reason, 'sentence', sentence or '', 'closed_at', now)
  call('HDEL', run_key(run), 'not_before')
  call('ZREM', LOOK_RUNS, run)
  call('ZREM', open_key(run), run)
end

-- It failed where nobody knows whom to tell: only a worker reads definitions. The run is published for that alone until
-- one has told the operator (notify.lua).
local function leave_untold(run)
  call('HSET', run_key(run), 'untold', 1)
  call('ZADD', LOOK_RUNS, now, run)
end

local function abandon(run)
  close_run(run, 'failed', 'abandoned')
  leave_untold(run)
end

-- A word to the operator is a delivery beside the run's own, which counts nothing.
local function is_notice(reader) return string.find(reader, '^operator[|/]') ~= nil end

-- One notice a day of one subject; the others are counted, and the next notice tells how many and since when. True where
-- one was made. `given`: reader, subject, day, expires, told (what the row keeps of it).
local NOTICES = P .. 'notices'

local function add_notice(run, given)
  local text = call('HGET', NOTICES, given.subject)
  local held = text and cjson.decode(text) or {}
  if held.d and given.day <= held.d then
    held.n, held.f, held.t = (held.n or 0) + 1, held.f or now, now
    call('HSET', NOTICES, given.subject, cjson.encode(held))
    return false
  end
  local told = given.told
  told.t, told.n, told.f = now, held.n, held.f
  call('HSET', NOTICES, given.subject, cjson.encode({d = given.day, t = now}))
  call('HSET', rows_key(run), given.reader, 'P' .. cjson.encode({x = now + given.expires, i = told}))
  call('ZADD', LOOK_DELIVERIES, now, run .. '/' .. given.reader)
  return true
end

-- Closes a run whose deliveries are all closed, and closes it anew when an unknown one was settled later or one that
-- had failed was tried again. Where all that went wrong is that readers are suspended, the operator hears of those.
-- A run without `readers` never reached `delivering`: the only delivery it may have is a notice, which counts nothing.
local function conclude(run, reason)
  local key = run_key(run)
  local n = call('HMGET', key, 'n:open', 'n:sent', 'n:refused', 'n:failed', 'n:unknown', 'readers', 'state', 'n:stopped')
  if not n[6] or tonumber(n[1] or 0) > 0 then return end
  local sent, unknown = tonumber(n[2] or 0), tonumber(n[5] or 0)
  local bad = tonumber(n[3] or 0) + tonumber(n[4] or 0) + unknown
  local outcome
  if bad > 0 then outcome = sent > 0 and 'partial' or 'failed' else outcome = sent > 0 and 'delivered' or 'skipped' end
  if outcome ~= 'skipped' then reason = nil end
  if n[7] ~= outcome then report('run', run, outcome, reason or '') end
  if n[7] == 'delivering' then
    call('HSET', key, 'state', outcome, 'closed_at', now)
  elseif n[7] ~= outcome then
    call('HSET', key, 'state', outcome)
    call('HDEL', key, 'reason')
  end
  if reason then call('HSET', key, 'reason', reason) end
  call('ZREM', LOOK_RUNS, run)
  if unknown == 0 then call('ZREM', open_key(run), run) end
  if n[7] == 'delivering' and outcome == 'failed' and bad > tonumber(n[8] or 0) then leave_untold(run) end
end

-- A delivery's row is one letter for its state, so that counting needs no decoding, and a JSON object (keys.py).
local CLASS = {P = 'open', D = 'open', G = 'open', U = 'open', S = 'sent', K = 'skipped', R = 'refused',
  F = 'failed', H = 'unknown'}

local function read(run, reader)
  local text = call('HGET', rows_key(run), reader)
  if not text then return nil end
  local row = cjson.decode(string.sub(text, 2))
  row.s = string.sub(text, 1, 1)
  return row
end

-- The row if it is in one of the states named by `letters`, and in this attempt (nil: in any).
local function row_in(letters, run, reader, attempt)
  local row = read(run, reader)
  if not row or not string.find(letters, row.s, 1, true) then return nil end
  if attempt and (row.a or 0) ~= attempt then return nil end
  return row
end

-- Order: one reader's digests of one schedule leave in the order of their slots (semantics 7).
local function slot_of(run) return call('ZSCORE', P .. 'runs', run) end

-- The next digest of the same reader that waits for this one need not wait any longer.
local function wake(run, reader)
  local slot = slot_of(run)
  if not slot then return end
  for _, newer in ipairs(call('ZRANGEBYSCORE', open_key(run), '(' .. slot, '+inf')) do
    local row = read(newer, reader)
    if row and CLASS[row.s] == 'open' then
      if row.s ~= 'D' or row.e ~= 'order' then return end
      row.s, row.n = nil, nil
      call('HSET', rows_key(newer), reader, 'D' .. cjson.encode(row))
      call('ZADD', LOOK_DELIVERIES, now, newer .. '/' .. reader)
      return
    end
  end
end

-- Writes the row in state `state`. `look`: when the tick has to look at it, nil for never.
local function write(run, reader, row, state, look)
  local before = row.s
  row.s = nil
  call('HSET', rows_key(run), reader, state .. cjson.encode(row))
  row.s = state
  local member = run .. '/' .. reader
  if look then call('ZADD', LOOK_DELIVERIES, look, member) else call('ZREM', LOOK_DELIVERIES, member) end
  if (before == 'G' and state ~= 'G') or CLASS[state] ~= 'open' then wake(run, reader) end
  if CLASS[before] == CLASS[state] or is_notice(reader) then return end
  if call('HEXISTS', run_key(run), 'readers') == 0 then return end
  call('HINCRBY', run_key(run), 'n:' .. CLASS[before], -1)
  call('HINCRBY', run_key(run), 'n:' .. CLASS[state], 1)
  conclude(run, row.e)
end

-- A closed (or held) row keeps what `show` and replay need, not what waiting needed.
local function settle(run, reader, row, state, reason, sentence)
  row.e, row.m, row.t = reason, sentence, now
  row.n, row.h, row.o, row.q = nil, nil, nil, nil
  if state ~= 'H' then row.l = nil end
  report('delivery', run, reader, state, reason or '', sentence or '')
  write(run, reader, row, state, nil)
end

-- The part whose outcome is not known yet goes back to "not sent".
local function unsend(row)
  for _, part in ipairs(row.p or {}) do
    if part[1] == 'G' then part[1] = 'P' end
  end
end

-- When to look at a row that waits until `at`: when its time is over, if that comes first.
local function no_later(row, at) return row.x and math.min(at, row.x) or at end

local function baselines_of(run, reader) return call('HGET', P .. 'baseline:' .. schedule_of(run), reader) end

-- When somebody reset one of these baselines last (0: never). What is read later is of a later instant.
local function last_reset(baselines)
  local last = 0
  for _, held in pairs(baselines and cjson.decode(baselines) or {}) do last = math.max(last, held[4] or 0) end
  return last
end

local function reset_since(run, reader, at) return last_reset(baselines_of(run, reader)) >= at end

-- What it was about to be compared with is not in force any more: somebody else takes it, and reads anew.
local function decide_anew(run, reader, row)
  row.h, row.o = nil, nil
  write(run, reader, row, 'P', now)
end

-- Moves this reader's baselines forward by their slots, never back (semantics 5). An answer that was read before the one
-- in the digest before it moves them too: the next digest opens with what this reader was sent last. One that somebody
-- reset since the digest was decided stays where it was put.
local function move_baselines(run, reader, moves, decided)
  if not next(moves) then return end
  local key = P .. 'baseline:' .. schedule_of(run)
  local text = call('HGET', key, reader)
  local held = text and cjson.decode(text) or {}
  for query, new in pairs(moves) do
    local at = held[query]
    local reset = at and at[4]
    if not at or (new[2] > at[2] and (reset or -1) < decided) then
      held[query] = {new[1], new[2], new[3], reset}
    end
  end
  call('HSET', key, reader, cjson.encode(held))
end

-- Whether the reader has the digest's main part. Then the reader was sent the digest, whatever becomes of the rest: the
-- next digest compares with it.
local function posted(row) return row.p and row.p[1] and row.p[1][1] == 'S' end

-- What is missing of a digest whose main part was accepted, and what ended it.
local function missing(row, what)
  local n = 0
  for _, part in ipairs(row.p) do if part[1] ~= 'S' then n = n + 1 end end
  local said = row.m and row.m ~= '' and ': ' .. row.m or ''
  return string.format('%d of %d parts were missing when %s%s', n, #row.p, what, said)
end

-- What waited past its time. True when the row was closed. What is held waits for somebody, without end.
local function expire(run, reader, row)
  if not row.x or row.x > now or not string.find('PDU', row.s, 1, true) then return false end
  if posted(row) then
    local moves, sentence = row.l or {}, missing(row, 'its time was over')
    unsend(row)
    settle(run, reader, row, 'S', 'parts_missing', sentence)
    move_baselines(run, reader, moves, row.d)
  elseif row.s == 'U' then
    row.y = true
    settle(run, reader, row, 'K', 'expired', row.m)
  elseif row.a then
    settle(run, reader, row, 'F', 'exhausted', row.m)
  else
    settle(run, reader, row, 'K', 'expired', nil)
  end
  return true
end

-- A run that has just come to be `delivering` is finished a few hundred readers at a time, by its worker or, where that
-- died, by the sweep: each delivery is put where the tick looks, what older runs still have open for the same reader is
-- superseded, and so is its own where a newer run has reached the reader. `todo` is where the next step begins: s or i
-- (supersede, or not) and the cursor over the rows.
local STEP = 200

local function supersede(old, names)
  local marks, members, sent = {}, {}, 0
  local gone = {open = 0, unknown = 0}
  for i, text in ipairs(call('HMGET', rows_key(old), unpack(names))) do
    local state = text and string.sub(text, 1, 1)
    if state and string.find('PDUH', state, 1, true) then
      local row = cjson.decode(string.sub(text, 2))
      local ended, reason, moves = 'K', 'superseded', row.l or {}
      if posted(row) then
        ended, reason, row.m = 'S', 'parts_missing', missing(row, 'a newer digest took its place')
        unsend(row)
        move_baselines(old, names[i], moves, row.d)
        sent = sent + 1
      elseif state == 'U' or state == 'H' then
        row.y = true
      end
      row.e, row.t, row.n, row.h, row.o, row.q, row.l = reason, now, nil, nil, nil, nil, nil
      marks[#marks + 1], marks[#marks + 2] = names[i], ended .. cjson.encode(row)
      members[#members + 1] = old .. '/' .. names[i]
      gone[CLASS[state]] = gone[CLASS[state]] + 1
      report('delivery', old, names[i], ended, reason, ended == 'S' and row.m or '')
    end
  end
  if #members == 0 then return end
  call('HSET', rows_key(old), unpack(marks))
  call('ZREM', LOOK_DELIVERIES, unpack(members))
  for class, count in pairs(gone) do
    -- Lua would write nothing taken away as -0, which is no integer to Redis.
    if count > 0 then call('HINCRBY', run_key(old), 'n:' .. class, -count) end
  end
  call('HINCRBY', run_key(old), 'n:skipped', #members - sent)
  if sent > 0 then call('HINCRBY', run_key(old), 'n:sent', sent) end
  conclude(old, 'superseded')
end

-- Past which slot a run takes this one's place, nil where it is gone. A run of an older slot that somebody asks for when
-- newer ones are there already is wanted all the same, until one comes that is newer than those.
local function overtaken_past(run)
  local slot = slot_of(run)
  return slot and math.max(slot, call('HGET', run_key(run), 'behind') or 0)
end

-- Which of these readers a run of a later slot has reached already: its delivery is open, was sent or may have arrived,
-- or had nothing to tell. Newest first, since the newest has them all as a rule.
local LOOK_BACK = 1000

local function reaches(text)
  local state = string.sub(text, 1, 1)
  if state ~= 'K' then return state ~= 'R' and state ~= 'F' end
  local row = cjson.decode(string.sub(text, 2))
  return row.y or row.e == 'no_change' or row.e == 'empty'
end

local function reached(run, names)
  local found, past = {}, overtaken_past(run)
  if not past then return found end
  local runs = P .. 'runs:' .. schedule_of(run)
  for _, newer in ipairs(call('ZREVRANGEBYSCORE', runs, '+inf', string.format('(%d', past), 'LIMIT', 0, LOOK_BACK)) do
    if #names == 0 then break end
    if call('HEXISTS', run_key(newer), 'readers') == 1 then
      local rest = {}
      for i, row in ipairs(call('HMGET', rows_key(newer), unpack(names))) do
        local list = row and reaches(row) and found or rest
        list[#list + 1] = names[i]
      end
      names = rest
    end
  end
  return found
end

-- Until when a delivery has to wait for an older one of its reader, nil when it is its turn. What is being sent is
-- waited for; what only waits itself, or may have arrived, is superseded here at the latest. Under `catch_up: all`
-- every older one has to be closed, also one that is yet to be fetched.
local GLANCE = 2000

local function turn(run, reader, all)
  local slot = slot_of(run)
  if not slot then return nil end
  for _, old in ipairs(call('ZRANGEBYSCORE', open_key(run), '-inf', '(' .. slot)) do
    local text = call('HGET', rows_key(old), reader)
    local state = text and string.sub(text, 1, 1)
    if state == 'G' then
      return math.min(tonumber(call('ZSCORE', LOOK_DELIVERIES, old .. '/' .. reader) or now), now + GLANCE)
    elseif all and (state and CLASS[state] == 'open') then
      return tonumber(call('ZSCORE', LOOK_DELIVERIES, old .. '/' .. reader) or now)
    elseif all and not state and string.find('claimed fetching', call('HGET', run_key(old), 'state'), 1, true) then
      return tonumber(call('ZSCORE', LOOK_RUNS, old) or now)
    elseif state and not all and tonumber(slot) > overtaken_past(old) then
      supersede(old, {reader})
    end
  end
  return nil
end

-- Workers that die over every run of a schedule are told of, although no run is begun five times: the run that takes
-- another's place goes on counting.
local function hand_on_tries(run, tries)
  if tries > 0 then call('HINCRBY', run_key(run), 'tries', tries) end
end

-- One step; true when there is nothing left to do.
local function finish(run)
  local todo = call('HGET', run_key(run), 'todo')
  if not todo then return true end
  local page = call('HSCAN', rows_key(run), string.sub(todo, 2), 'COUNT', STEP)
  local names, late, looks, slot = {}, {}, {}, slot_of(run)
  for i = 1, #page[2], 2 do
    if not is_notice(page[2][i]) then names[#names + 1] = page[2][i] end
  end
  if string.sub(todo, 1, 1) == 's' and slot and #names > 0 then
    for _, old in ipairs(call('ZRANGEBYSCORE', open_key(run), '-inf', '(' .. slot)) do supersede(old, names) end
    local overtaken = reached(run, names)
    for _, name in ipairs(overtaken) do late[name] = true end
    if #overtaken > 0 then supersede(run, overtaken) end
  end
  for i = 1, #page[2], 2 do
    if not late[page[2][i]] and CLASS[string.sub(page[2][i + 1], 1, 1)] == 'open' then
      looks[#looks + 1], looks[#looks + 2] = now + A.republish, run .. '/' .. page[2][i]
    end
  end
  for from = 1, #looks, 1000 do call('ZADD', LOOK_DELIVERIES, 'NX', unpack(looks, from, math.min(from + 999, #looks))) end
  if page[1] ~= '0' then
    call('HSET', run_key(run), 'todo', string.sub(todo, 1, 1) .. page[1])
    return false
  end
  call('HDEL', run_key(run), 'todo')
  return true
end
