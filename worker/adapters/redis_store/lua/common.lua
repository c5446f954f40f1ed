-- The common part, put before every script.
-- ARGV[1] the project's prefix, ARGV[2] the arguments as one JSON object. The scripts build keys from the prefix, which
-- Redis Cluster does not allow; a cluster is refused. Times are milliseconds, and `now` is the clock of
-- Redis.
local P = ARGV[1] .. ':'
local A = cjson.decode(ARGV[2])
local call = redis.call
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local LOST = -1
local AGAIN = -2
local TRIES = 5
local LONGEST_PAUSE = 900000
local LOOK_RUNS, LOOK_DELIVERIES = P .. 'attention:runs', P .. 'attention:deliveries'

local function run_key(run) return P .. 'run:' .. run end
local function rows_key(run) return P .. 'run:' .. run .. ':deliveries' end
local function staged_key(run) return P .. 'run:' .. run .. ':staged' end
local function subscribed_key(run) return P .. 'run:' .. run .. ':subscribed' end
local function pairs_key(run) return P .. 'run:' .. run .. ':pairs' end
local function told_key(run) return P .. 'run:' .. run .. ':alerts' end
local function alerts_key(schedule) return P .. 'alerts:' .. schedule end
local function acks_key(schedule) return P .. 'acks:' .. schedule end

-- A run keeps the schedule id under which it was claimed. Data of the schedule is stored under its current id. No script
-- asks and renames.
local current_ids = {}
local function schedule_of(run)
  local known = current_ids[run]
  if known then return known end
  local name = string.sub(run, 1, string.find(run, '@', 1, true) - 1)
  current_ids[run] = call('HGET', P .. 'renamed', name) or name
  return current_ids[run]
end

local function open_key(run) return P .. 'open:' .. schedule_of(run) end

-- The pause doubles each time, so that a long queue is not filled with copies of its own messages.
local function pause(times) return math.min(A.republish * 2 ^ math.min(times, 20), LONGEST_PAUSE) end

-- Whether `attempt` is the one that fetches this run.
local function fetching(run, attempt)
  local held = call('HMGET', run_key(run), 'state', 'attempt')
  return held[1] == 'fetching' and tonumber(held[2]) == attempt
end

-- Why a run may not go on, nil if it may. A run on demand goes on although its schedule is paused.
local function hindered(run)
  local schedule, deployed = schedule_of(run), call('HGET', P .. 'deployed', 'bundle')
  if deployed and call('SISMEMBER', P .. 'bundle:' .. deployed .. ':schedules', schedule) == 0 then return 'deleted' end
  if call('HGET', run_key(run), 'trigger') == 'manual' then return nil end
  if call('SISMEMBER', P .. 'paused:defined', schedule) == 1 then return 'paused' end
  local till = tonumber(call('HGET', P .. 'paused', schedule) or 1)
  return (till == 0 or till > now) and 'paused' or nil
end

-- Reference counts of stored answers. A snapshot is held by the run that read it, by every pair that a delivery of that
-- run was decided against, and by every alert rule that was last evaluated over it. A table and the base of its delta are held by the snapshots that contain the table.
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

local function hold_snapshot(id, times)
  times = times or 1
  if call('PEXPIRE', P .. 'snap:' .. id, A.keep) == 0 then return end
  local first = call('HINCRBY', REFS, 's:' .. id, times) == times
  each_table(id, function(name)
    call('PEXPIRE', P .. 'table:' .. name, A.keep)
    if first then call('HINCRBY', REFS, 't:' .. name, 1) end
  end)
end

-- Data from before references were counted has no count. It expires by itself.
local function let_go(kind, name, times)
  local left = call('HINCRBY', REFS, kind .. name, -(times or 1))
  if left > 0 then return false end
  call('HDEL', REFS, kind .. name)
  return left == 0
end

local function release_table(name)
  if let_go('t:', name) then call('UNLINK', P .. 'table:' .. name) end
end

local function release_snapshot(id, times)
  if not let_go('s:', id, times) then return end
  local tables = {}
  each_table(id, function(name) tables[#tables + 1] = name end)
  for _, name in ipairs(tables) do release_table(name) end
  call('UNLINK', P .. 'snap:' .. id)
end

-- Facts that the caller emits as events: {'run', run, state, reason} for a run that is closed or whose closed state
-- changes; {'delivery', run, reader, letter, reason, sentence}; claim.lua and settle.lua add others.
local facts = {}

-- Everybody who follows reads facts from a stream. They are written with what they tell of, so that none is lost.
local EVENTS_KEPT = 20000
local function tell(...)
  call('XADD', P .. 'events', 'MAXLEN', '~', EVENTS_KEPT, '*', 'f', cjson.encode({...}))
end

-- A notice to the operator is an extra delivery that is not in the run's counts.
local function is_notice(reader)
  return string.find(reader, '^operator[|/]') ~= nil or string.find(reader, '^also/') ~= nil
end

-- A notification of alerts: alert:ENTRY|address, or alert:ENTRY/RULE|address. It is counted among its run's deliveries.
-- A newer one does not take its place, but waits for it, or carries what it tells (deliver.lua).
local function is_alert(reader) return string.sub(reader, 1, 6) == 'alert:' end

-- An address in `cc`, as preferences name it: cc:ENTRY|address.
local function is_copy(reader) return string.sub(reader, 1, 3) == 'cc:' end

-- A pause of an older version, in which a reader and a copy to the same address had one id, goes on for the copy when it
-- is replaced for the reader. `text`: what was said of the reader.
local function keep_for_copy(key, reader, text)
  local held = text and not is_copy(reader) and cjson.decode(text)
  if held and held.choice == 'paused' and held.for_copies ~= false then
    held.for_copies = false -- whoever resumes the copy does not resume the reader
    call('HSETNX', key, 'cc:' .. reader, cjson.encode(held))
  end
end

-- What `web` shows as counters (metrics.py), written with what it counts. A field is made of words of closed lists, so
-- that there are some hundred at most.
local COUNTS = P .. 'counts'
local function tally(n, ...) call('HINCRBY', COUNTS, table.concat({...}, ' '), n) end

local KINDS = {'digest', 'alert', 'notice'}
local function kind_of(reader) return is_alert(reader) and 'alert' or is_notice(reader) and 'notice' or 'digest' end

local function tally_fact(kind, of, ...)
  local told = {...}
  if kind == 'run' then
    tally(1, 'run', told[1], told[2])
  elseif kind == 'delivery' then
    tally(1, 'delivery', kind_of(told[1]), told[2], told[3])
  elseif kind == 'missed' then
    tally(told[1], 'missed', told[2])
  elseif kind == 'suspended' then
    tally(1, 'suspended')
  end
end

local function report(...)
  facts[#facts + 1] = {...}
  tell(...)
  tally_fact(...)
end

-- Claimed runs that no worker has begun → since when one could.
local WAITING = P .. 'waiting'

-- Deliveries that a worker could send now → since when, by their kind. One that waits for its time, for its turn or
-- for an answer is none of them.
local function awaits_worker(run, reader)
  call('ZADD', WAITING .. ':' .. kind_of(reader), 'NX', now, run .. '/' .. reader)
end

local function awaits_none(run, reader) call('ZREM', WAITING .. ':' .. kind_of(reader), run .. '/' .. reader) end

local function close_run(run, state, reason, sentence)
  report('run', run, state, reason)
  call('HSET', run_key(run), 'state', state, 'reason', reason, 'sentence', sentence or '', 'closed_at', now)
  call('HDEL', run_key(run), 'not_before')
  call('ZREM', LOOK_RUNS, run)
  call('ZREM', WAITING, run)
  call('ZREM', open_key(run), run)
end

-- Only a worker reads definitions and so knows the operator's address. The run is published until a worker has
-- notified the operator (notify.lua).
local function leave_untold(run)
  call('HSET', run_key(run), 'untold', 1)
  call('ZADD', LOOK_RUNS, now, run)
end

local function abandon(run)
  close_run(run, 'failed', 'abandoned')
  leave_untold(run)
end

-- The reader under the id that preferences have.
local function person(reader)
  if not is_alert(reader) then return reader end
  return (string.gsub(string.sub(reader, 7), '^([^|/]*)/[^|]*|', '%1|'))
end

-- Makes at most one notice per day and subject, and returns whether it made one. It counts the others; the next notice
-- says how many and since when. `given`: reader, subject, day, expires, told (what the row keeps of it).
local NOTICES = P .. 'notices'

-- What the subject of a notice begins with before a schedule's id (flow/run/notices.py, flow/run/troubles.py,
-- flow/alert/operator_notices.py). Other subjects name an address or a channel.
local BEFORE_SCHEDULE = {
  failed = true, slots_missed = true, budget_spent = true, waited_too_long = true, no_data = true, data_back = true,
  not_read = true,
}

-- A subject with the id that its schedule has now: runs keep the id under which they were claimed.
local function current_subject(subject)
  local over, rest = string.match(subject, '^(over )(.*)$')
  local first, name, more = string.match(rest or subject, '^(%S+) (%S+)(.*)$')
  local current = first and BEFORE_SCHEDULE[first] and call('HGET', P .. 'renamed', name)
  return current and (over or '') .. first .. ' ' .. current .. more or subject
end

-- If both subjects have a word, the newer one counts.
local function rename_notice(old, new)
  local was, own = call('HGET', NOTICES, old), call('HGET', NOTICES, new)
  if not was or old == new then return end
  if not own or (cjson.decode(own).d or '') < (cjson.decode(was).d or '') then call('HSET', NOTICES, new, was) end
  call('HDEL', NOTICES, old)
end

local slots = {}
local function slot_of(run)
  slots[run] = slots[run] or call('ZSCORE', P .. 'runs', run)
  return slots[run]
end

-- `given.before`: the subject that it had before its rule was renamed; what was told of that counts.
local function add_notice(run, given)
  local subject = current_subject(given.subject)
  if given.before then rename_notice(current_subject(given.before), subject) end
  local text = call('HGET', NOTICES, subject)
  local held, slot = text and cjson.decode(text) or {}, tonumber(slot_of(run) or 0)
  if held.d and given.day <= held.d then
    held.n, held.f, held.t, held.o, held.s = (held.n or 0) + 1, held.f or now, now, 1, math.max(held.s or 0, slot)
    call('HSET', NOTICES, subject, cjson.encode(held))
    return false
  end
  local told = given.told
  told.t, told.n, told.f, told.s = now, held.n, held.f, subject
  call('HSET', NOTICES, subject, cjson.encode({d = given.day, t = now, o = 1, s = slot}))
  call('HSET', rows_key(run), given.reader, 'P' .. cjson.encode({x = now + given.expires, i = told}))
  call('ZADD', LOOK_DELIVERIES, now, run .. '/' .. given.reader)
  awaits_worker(run, given.reader)
  return true
end

-- What was told of a trouble that has no end yet, nil if there is none, or if a run of a later slot has it.
local function open_trouble(run, subject)
  local text = call('HGET', NOTICES, current_subject(subject))
  local held = text and cjson.decode(text)
  return held and held.o and (held.s or 0) <= tonumber(slot_of(run) or 0) and held or nil
end

-- Ends a trouble. Returns whether it was told and its end was not.
local function end_trouble(run, subject)
  local held = open_trouble(run, subject)
  if not held then return false end
  held.o = nil
  call('HSET', NOTICES, current_subject(subject), cjson.encode(held))
  return true
end

-- Whether the operator was told of readers whom this run, or one of an earlier slot, did not reach. The subjects are
-- those of flow/run/failed.py.
local function told_of_unreached(run)
  local name = string.sub(run, 1, string.find(run, '@', 1, true) - 1)
  for _, reason in ipairs({'undelivered', 'partly_delivered'}) do
    if open_trouble(run, 'failed ' .. name .. ' ' .. reason) then return true end
  end
  return false
end

-- Suspends an address or a channel, once, and makes the operator's notice of it. `given`: subject, sentence, notice.
local function suspend(run, given)
  if call('HSETNX', P .. 'suspended', given.subject, given.sentence) == 0 then return end
  report('suspended', run, given.subject, given.sentence)
  if given.notice then add_notice(run, given.notice) end
end

-- Closes a run whose deliveries are all closed. Updates its closed state if an unknown one is settled later, or a
-- failed one was tried again. If suspended readers are all that went wrong, the operator is notified of those only.
-- A run without `readers` never reached `delivering`. Its only delivery can be a notice, which is not counted.
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
  if n[7] == 'delivering' and bad > tonumber(n[8] or 0) then leave_untold(run) end
  if outcome == 'delivered' and n[7] ~= outcome and told_of_unreached(run) then leave_untold(run) end
end

-- A delivery's row is a letter for its state and a JSON object (keys.py). Counting needs only the letter.
local CLASS = {P = 'open', D = 'open', G = 'open', U = 'open', S = 'sent', K = 'skipped', R = 'refused',
  F = 'failed', H = 'unknown'}

local function read(run, reader)
  local text = call('HGET', rows_key(run), reader)
  if not text then return nil end
  local row = cjson.decode(string.sub(text, 2))
  row.s = string.sub(text, 1, 1)
  return row
end

-- The row if its state is one of `letters` and its attempt is `attempt` (nil: any).
local function row_in(letters, run, reader, attempt)
  local row = read(run, reader)
  if not row or not string.find(letters, row.s, 1, true) then return nil end
  if attempt and (row.a or 0) ~= attempt then return nil end
  return row
end

-- Order: one reader's digests of one schedule leave in the order of their slots (semantics 7).
-- Ends the wait of the reader's next digest if it waits for this one.
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

-- Writes the row in state `state`. `look`: when the tick must look at it, nil for never.
local function write(run, reader, row, state, look)
  local before = row.s
  row.s = nil
  call('HSET', rows_key(run), reader, state .. cjson.encode(row))
  row.s = state
  local member = run .. '/' .. reader
  if look then call('ZADD', LOOK_DELIVERIES, look, member) else call('ZREM', LOOK_DELIVERIES, member) end
  if state == 'P' then awaits_worker(run, reader) else awaits_none(run, reader) end
  if (before == 'G' and state ~= 'G') or CLASS[state] ~= 'open' then wake(run, reader) end
  if CLASS[before] == CLASS[state] or is_notice(reader) then return end
  if call('HEXISTS', run_key(run), 'readers') == 0 then return end
  call('HINCRBY', run_key(run), 'n:' .. CLASS[before], -1)
  call('HINCRBY', run_key(run), 'n:' .. CLASS[state], 1)
  conclude(run, row.e)
end

-- Held digests of which a message was to tell that ended without being sent. They go back to the reader, by the run of
-- that message, and the reader's next digest tells of them, also of held notifications of alerts. JSON: {run: [digests,
-- how many more]}.
local function returned_key(run) return P .. 'returned:' .. schedule_of(run) end

local function return_held(run, reader, row)
  local notice = string.match(reader, '^also/(.*)$')
  local list, more = {}, row.k or 0
  for _, one in ipairs(notice and row.i.g or row.j or {}) do list[#list + 1] = one end
  if notice then more = row.i.m end
  if row.g and not row.a then list[#list + 1] = row.g end -- nobody tried to send what waited until its time was over
  if #list + more == 0 then return end
  local key, plain = returned_key(run), person(notice or reader)
  local text = call('HGET', key, plain)
  local back = text and cjson.decode(text) or {}
  back[run .. '/' .. reader] = {list, more}
  call('HSET', key, plain, cjson.encode(back))
end

-- A message that is tried again tells of what it was to tell of, so that no other one does.
local function take_again(run, reader)
  local plain = person(string.match(reader, '^also/(.*)$') or reader)
  local text = call('HGET', returned_key(run), plain)
  local back = text and cjson.decode(text) or {}
  if not back[run .. '/' .. reader] then return end
  back[run .. '/' .. reader] = nil
  if next(back) then
    call('HSET', returned_key(run), plain, cjson.encode(back))
  else
    call('HDEL', returned_key(run), plain)
  end
end

-- Another message tells of what these were to tell of.
local HANDED_ON = {capped = true, taken_over = true}

-- Closes (or holds) a row. It keeps what `show` and replay need, and drops what only waiting needed.
local function settle(run, reader, row, state, reason, sentence)
  row.e, row.m, row.t = reason, sentence, now
  row.n, row.h, row.o, row.q = nil, nil, nil, nil
  if state ~= 'H' then row.l = nil end
  if string.find('KRF', state, 1, true) and not HANDED_ON[reason] then return_held(run, reader, row) end
  report('delivery', run, reader, state, reason or '', sentence or '')
  write(run, reader, row, state, nil)
end

-- Marks a part with an unknown outcome as not sent.
local function unsend(row)
  for _, part in ipairs(row.p or {}) do
    if part[1] == 'G' then part[1] = 'P' end
  end
end

-- When to look at a row that waits until `at`: then, or when it expires if that is earlier.
local function no_later(row, at) return row.x and math.min(at, row.x) or at end

local function baselines_of(run, reader) return call('HGET', P .. 'baseline:' .. schedule_of(run), reader) end

-- When a person last reset one of these baselines (0: never).
local function last_reset(baselines)
  local last = 0
  for _, held in pairs(baselines and cjson.decode(baselines) or {}) do last = math.max(last, held[4] or 0) end
  return last
end

local function reset_since(run, reader, at) return last_reset(baselines_of(run, reader)) >= at end

-- The baseline that the delivery was going to be compared with was reset. Another worker takes it and reads again.
local function decide_anew(run, reader, row)
  row.h, row.o = nil, nil
  write(run, reader, row, 'P', now)
end

-- Moves this reader's baselines forward by slot, never back (semantics 5). The slot decides, not when the answer was
-- read, because the next digest compares with what the reader was sent last. A baseline that a person reset after the
-- digest was decided does not move.
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

-- The slot of the oldest digest that may have arrived and that no surely sent one has followed, by reader: the next digest
-- says that it may repeat what that one told.
local function unclear_key(run) return P .. 'unclear:' .. schedule_of(run) end

local function note_unclear(run, reader)
  local slot = slot_of(run)
  if slot then call('HSETNX', unclear_key(run), reader, slot) end
end

local function clear_unclear(run, reader)
  local slot, noted = slot_of(run), tonumber(call('HGET', unclear_key(run), reader) or nil)
  if slot and noted and tonumber(slot) >= noted then call('HDEL', unclear_key(run), reader) end
end

-- Whether the reader has the digest's main part. If so, the digest counts as sent even if later parts fail, and the next
-- digest compares with it.
local function posted(row) return row.p and row.p[1] and row.p[1][1] == 'S' end

-- A sentence that says how many parts of a sent digest are missing, and what ended it.
local function missing(row, what)
  local n = 0
  for _, part in ipairs(row.p) do if part[1] ~= 'S' then n = n + 1 end end
  local said = row.m and row.m ~= '' and ': ' .. row.m or ''
  return string.format('%d of %d parts were missing when %s%s', n, #row.p, what, said)
end

-- The schedule's next run tells the operator of them (since.lua), without reading all rows. One that is tried again
-- stays counted.
local function count_expired(run, reader)
  if not is_notice(reader) and call('EXISTS', run_key(run)) == 1 then call('HINCRBY', run_key(run), 'n:expired', 1) end
end

-- Closes a row that waited past its time, and returns whether it did. A held row waits for a person without end.
local function expire(run, reader, row)
  if not row.x or row.x > now or not string.find('PDU', row.s, 1, true) then return false end
  if posted(row) then
    local moves, sentence = row.l or {}, missing(row, 'its time was over')
    unsend(row)
    settle(run, reader, row, 'S', 'parts_missing', sentence)
    move_baselines(run, reader, moves, row.d)
  elseif row.s == 'U' then
    row.y = true
    if not is_notice(reader) and not is_alert(reader) then note_unclear(run, reader) end
    count_expired(run, reader)
    settle(run, reader, row, 'K', 'expired', row.m)
  elseif row.a then
    settle(run, reader, row, 'F', 'exhausted', row.m)
  else
    count_expired(run, reader)
    settle(run, reader, row, 'K', 'expired', nil)
  end
  return true
end

-- A run that becomes `delivering` is set up a few hundred readers at once by its worker, or by the sweep if the worker
-- died. Each delivery is added to the index that the tick reads. Open deliveries of older runs to the same reader are
-- superseded, and so is the run's own delivery if a newer run has reached the reader. `todo` says where the next step
-- begins: s or i (supersede, or not) and the cursor over the rows.
local STEP = 200

-- Adds held digests to those of which a message tells. Beyond `most` they are only counted. Returns the list and how many
-- more there are.
local MOST_HELD = 20

local function add_held(list, more, others, most)
  for _, one in ipairs(others) do
    if #list < most then list[#list + 1] = one else more = more + 1 end
  end
  return list, more
end

-- A digest that waits to be collected is told of by the one that takes its place, with all that it was to tell of.
-- Returns whether it does.
local function hand_on_held(run, reader, old)
  local row = (old.g or old.j) and read(run, reader)
  if not row or row.d or CLASS[row.s] ~= 'open' then return false end
  row.j, row.k = add_held(row.j or {}, (row.k or 0) + (old.k or 0), old.j or {}, MOST_HELD)
  row.j, row.k = add_held(row.j, row.k, {old.g}, MOST_HELD)
  local state = row.s
  row.s = nil
  call('HSET', rows_key(run), reader, state .. cjson.encode(row))
  return true
end

-- A new run's digests tell of what was returned to their readers.
local function tell_returned(run, names)
  if #names == 0 or call('EXISTS', returned_key(run)) == 0 then return end
  for i, text in ipairs(call('HMGET', returned_key(run), unpack(names))) do
    local row = text and read(run, names[i])
    if row and row.s == 'P' and not row.d then
      for _, one in pairs(cjson.decode(text)) do
        row.j, row.k = add_held(row.j or {}, (row.k or 0) + one[2], one[1], MOST_HELD)
      end
      row.s = nil
      call('HSET', rows_key(run), names[i], 'P' .. cjson.encode(row))
      call('HDEL', returned_key(run), names[i])
    end
  end
end

-- The same for readers who are told of alerts and get no digests: a message of its own beside the notification. It is
-- tried for a week, since nothing else tells of them.
local WEEK = 604800000

local function tell_returned_apart(run, names)
  if #names == 0 or call('EXISTS', returned_key(run)) == 0 then return end
  for _, name in ipairs(names) do
    local plain = person(name)
    local text = call('HEXISTS', rows_key(run), plain) == 0 and call('HGET', returned_key(run), plain)
    if text then
      local list, more = {}, 0
      for _, one in pairs(cjson.decode(text)) do list, more = add_held(list, more + one[2], one[1], MOST_HELD) end
      local told = {k = 'held', s = '', e = 'capped', w = list[1] and list[1][1] or '', c = {}, m = more, t = now, g = list}
      call('HSET', rows_key(run), 'also/' .. name, 'P' .. cjson.encode({x = now + WEEK, e = 'capped', i = told}))
      call('ZADD', LOOK_DELIVERIES, now, run .. '/also/' .. name)
      call('HDEL', returned_key(run), plain)
    end
  end
end

-- Ends the deliveries that are in one of `states` for `why`. What may have arrived is noted as such. `words`: why later
-- parts are missing. `run`: the one whose deliveries take the place of these, nil where there is none, or none is known.
-- Of a message that may have arrived the newer one tells again what it was to tell of, and says that it may repeat what
-- was seen.
local function leave_out(old, names, states, why, words, run)
  local marks, members, sent = {}, {}, 0
  local gone = {open = 0, unknown = 0}
  for i, text in ipairs(call('HMGET', rows_key(old), unpack(names))) do
    local state = text and string.sub(text, 1, 1)
    if state and string.find(states, state, 1, true) then
      local row = cjson.decode(string.sub(text, 2))
      local ended, reason, moves = 'K', why, row.l or {}
      if posted(row) then
        ended, reason, row.m = 'S', 'parts_missing', missing(row, words)
        unsend(row)
        move_baselines(old, names[i], moves, row.d)
        sent = sent + 1
      elseif state == 'U' or state == 'H' then
        row.y = true
        if not is_alert(names[i]) then note_unclear(old, names[i]) end
        return_held(old, names[i], row)
      elseif not (run and hand_on_held(run, names[i], row)) then
        return_held(old, names[i], row)
      end
      row.e, row.t, row.n, row.h, row.o, row.q, row.l = reason, now, nil, nil, nil, nil, nil
      marks[#marks + 1], marks[#marks + 2] = names[i], ended .. cjson.encode(row)
      members[#members + 1] = old .. '/' .. names[i]
      gone[CLASS[state]] = gone[CLASS[state]] + 1
      report('delivery', old, names[i], ended, reason, ended == 'S' and row.m or '')
    end
  end
  if #members == 0 then return 0 end
  call('HSET', rows_key(old), unpack(marks))
  call('ZREM', LOOK_DELIVERIES, unpack(members))
  for _, kind in ipairs(KINDS) do call('ZREM', WAITING .. ':' .. kind, unpack(members)) end
  for class, count in pairs(gone) do
    -- Lua writes a count of zero as -0, which Redis does not accept as an integer.
    if count > 0 then call('HINCRBY', run_key(old), 'n:' .. class, -count) end
  end
  call('HINCRBY', run_key(old), 'n:skipped', #members - sent)
  if sent > 0 then call('HINCRBY', run_key(old), 'n:sent', sent) end
  conclude(old, why)
  return #members
end

local function supersede(old, names, run)
  leave_out(old, names, 'PDUH', 'superseded', 'a newer digest took its place', run)
end

-- A run of a slot later than this one supersedes the run; nil if the run is gone. A run on demand for an older slot is
-- superseded only by runs newer than those that existed when it was requested.
local function overtaken_past(run)
  local slot = slot_of(run)
  return slot and math.max(slot, call('HGET', run_key(run), 'behind') or 0)
end

-- Those of the readers whom a run of a later slot has reached: its delivery is open, was sent, may have arrived, or had
-- no content. The newest run is asked first, because it usually has all readers.
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

-- Until when a delivery must wait for an older one to its reader, nil if it need not. It waits for one that is being
-- sent. One that is waiting itself, or may have arrived, is superseded. Under `catch_up: all` every older one must be
-- closed first, also one whose run is not fetched yet. The second value is true if the older one is deferred, perhaps over
-- a weekend: whatever ends that wakes this one.
local GLANCE = 2000

local function turn(run, reader, all)
  local slot = slot_of(run)
  if not slot then return nil end
  for _, old in ipairs(call('ZRANGEBYSCORE', open_key(run), '-inf', '(' .. slot)) do
    local text = call('HGET', rows_key(old), reader)
    local state = text and string.sub(text, 1, 1)
    if state == 'G' then
      return math.min(tonumber(call('ZSCORE', LOOK_DELIVERIES, old .. '/' .. reader) or now), now + GLANCE)
    elseif is_alert(reader) then
      if state == 'P' or state == 'D' then
        return tonumber(call('ZSCORE', LOOK_DELIVERIES, old .. '/' .. reader) or now), state == 'D'
      end
    elseif all and (state and CLASS[state] == 'open') then
      return tonumber(call('ZSCORE', LOOK_DELIVERIES, old .. '/' .. reader) or now), state == 'D'
    elseif all and not state and string.find('claimed fetching', call('HGET', run_key(old), 'state'), 1, true) then
      return tonumber(call('ZSCORE', LOOK_RUNS, old) or now)
    elseif state and not all and tonumber(slot) > overtaken_past(old) then
      supersede(old, {reader}, run)
    end
  end
  return nil
end

-- A run that supersedes another takes over its count of tries. So workers that die in every run of a schedule are
-- reported even if no single run is begun five times.
local function hand_on_tries(run, tries)
  if tries > 0 then call('HINCRBY', run_key(run), 'tries', tries) end
end

-- Does one step. True when nothing is left to do.
local function finish(run)
  local todo = call('HGET', run_key(run), 'todo')
  if not todo then return true end
  local page = call('HSCAN', rows_key(run), string.sub(todo, 2), 'COUNT', STEP)
  local names, alerts, late, looks, slot = {}, {}, {}, {}, slot_of(run)
  local pending = {digest = {}, alert = {}, notice = {}}
  for i = 1, #page[2], 2 do
    local name = page[2][i]
    if is_alert(name) then alerts[#alerts + 1] = name elseif not is_notice(name) then names[#names + 1] = name end
  end
  if string.sub(todo, 1, 1) == 's' and slot and #names > 0 then
    for _, old in ipairs(call('ZRANGEBYSCORE', open_key(run), '-inf', '(' .. slot)) do supersede(old, names, run) end
    local overtaken = reached(run, names)
    for _, name in ipairs(overtaken) do late[name] = true end
    if #overtaken > 0 then supersede(run, overtaken) end
  end
  local told = {}
  for _, name in ipairs(names) do if not late[name] then told[#told + 1] = name end end
  tell_returned(run, told)
  tell_returned_apart(run, alerts)
  for i = 1, #page[2], 2 do
    if not late[page[2][i]] and CLASS[string.sub(page[2][i + 1], 1, 1)] == 'open' then
      local of = pending[kind_of(page[2][i])]
      if string.sub(page[2][i + 1], 1, 1) == 'P' then of[#of + 1], of[#of + 2] = now, run .. '/' .. page[2][i] end
      looks[#looks + 1], looks[#looks + 2] = now + A.republish, run .. '/' .. page[2][i]
    end
  end
  local function add(key, members)
    for from = 1, #members, 1000 do call('ZADD', key, 'NX', unpack(members, from, math.min(from + 999, #members))) end
  end
  add(LOOK_DELIVERIES, looks)
  for kind, members in pairs(pending) do add(WAITING .. ':' .. kind, members) end
  if page[1] ~= '0' then
    call('HSET', run_key(run), 'todo', string.sub(todo, 1, 1) .. page[1])
    return false
  end
  call('HDEL', run_key(run), 'todo')
  return true
end

-- Alerts. A rule's state is text: its version, a blank, the snapshot that it was last evaluated over, a line's end, and
-- what only a worker reads.
local function state_head(text)
  local version, snapshot = string.match(text or '0 \n', '^(%d+) (%S*)\n')
  return tonumber(version), snapshot
end

-- Whether a delivery waits, and surely nothing of it has left.
local function unsent(text)
  local state = text and string.sub(text, 1, 1)
  if state ~= 'P' and state ~= 'D' then return false end
  local row = cjson.decode(string.sub(text, 2))
  return not row.v and not posted(row)
end

-- Calls `act` with every open notification that an older run made to one of these readers: its run, reader and row.
local function each_older(run, readers, act)
  local slot = slot_of(run)
  if not slot or #readers == 0 then return end
  for _, old in ipairs(call('ZRANGEBYSCORE', open_key(run), '-inf', '(' .. slot)) do
    if call('EXISTS', told_key(old)) == 1 then
      for from = 1, #readers, 1000 do
        local names = {unpack(readers, from, math.min(from + 999, #readers))}
        for i, text in ipairs(call('HMGET', rows_key(old), unpack(names))) do
          if text then act(old, names[i], text) end
        end
      end
    end
  end
end

-- Whether what an evaluation was made from is still so. `given`: token, fields (how many were staged), rules [[rule,
-- version]], readers [id] of its notifications, carried [[run, reader]], ended [fingerprint], dropped [rule],
-- inherited [[rule, version]] (of a rule that another one goes on with), notices (as for `add_notice`)
local function alerts_stand(run, given)
  local key, carried = alerts_key(schedule_of(run)), {}
  for _, read in ipairs({given.rules, given.inherited or {}}) do
    for _, rule in ipairs(read) do
      if state_head(call('HGET', key, rule[1])) ~= rule[2] then return false end
    end
  end
  for _, one in ipairs(given.carried) do
    if not unsent(call('HGET', rows_key(one[1]), one[2])) then return false end
    carried[one[1] .. '/' .. one[2]] = true
  end
  -- Every one that waits has to be carried.
  local all = true
  each_older(run, given.readers, function(old, reader, text)
    if not carried[old .. '/' .. reader] and unsent(text) then all = false end
  end)
  return all
end

local function staged_alerts(run, given)
  local staged = told_key(run) .. ':' .. given.token
  return call('HLEN', staged) == given.fields and staged or nil
end

-- Replaces the states of rules, and holds the snapshots that the new ones name.
local function write_states(key, staged, rules, dropped)
  local net = {}
  for _, rule in ipairs(dropped) do
    local _, before = state_head(call('HGET', key, rule))
    net[before] = (net[before] or 0) - 1
    call('HDEL', key, rule)
  end
  for _, rule in ipairs(rules) do
    local field = 's:' .. rule[1]
    local text = call('HGET', staged, field)
    local _, before = state_head(call('HGET', key, rule[1]))
    local _, after = state_head(text)
    net[before] = (net[before] or 0) - 1
    net[after] = (net[after] or 0) + 1
    call('HSET', key, rule[1], text)
    call('HDEL', staged, field)
  end
  net[''] = nil
  for id, times in pairs(net) do
    if times > 0 then hold_snapshot(id, times) end
  end
  for id, times in pairs(net) do
    if times < 0 then release_snapshot(id, -times) end
  end
end

-- Writes what an evaluation changed. What readers are told of it stays with the run.
local function write_alerts(run, given, staged)
  local schedule = schedule_of(run)
  write_states(alerts_key(schedule), staged, given.rules, given.dropped)
  call('HSET', run_key(run), 'notified', #given.readers)
  if call('EXISTS', staged) == 1 then
    call('RENAME', staged, told_key(run))
    call('PERSIST', told_key(run))
  end
  for from = 1, #given.ended, 1000 do
    call('HDEL', acks_key(schedule), unpack(given.ended, from, math.min(from + 999, #given.ended)))
  end
  local of_run = {}
  local function ends(old, reader)
    of_run[old] = of_run[old] or {}
    table.insert(of_run[old], reader)
  end
  for _, one in ipairs(given.carried) do ends(one[1], one[2]) end
  -- What is held until somebody settles it ends when its reader is told something newer.
  each_older(run, given.readers, function(old, reader, text)
    if string.sub(text, 1, 1) == 'H' then ends(old, reader) end
  end)
  for old, names in pairs(of_run) do
    for from = 1, #names, 1000 do supersede(old, {unpack(names, from, math.min(from + 999, #names))}) end
  end
end

-- Words to the operator about rules without data.
local function add_notices(run, given)
  for _, notice in ipairs(given.notices) do add_notice(run, notice) end
end

-- Notifications of a run that has no answers. Like a notice to the operator they are not in its counts. `rows`: [[reader,
-- expires, content]]
local function add_notifications(run, rows)
  for _, row in ipairs(rows) do
    call('HSET', rows_key(run), row[1], 'P' .. cjson.encode({x = row[2], c = row[3]}))
    call('ZADD', LOOK_DELIVERIES, now, run .. '/' .. row[1])
    awaits_worker(run, row[1])
  end
end
