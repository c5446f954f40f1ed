-- Every change of a delivery's state, except for an intent.
-- sent      sending, unknown, unknown(held) → sent; moves the reader's baselines. Also pending → sent, if an attempt
--           whose lease lapsed returns with a receipt before the next attempt. A.sentence with parts_missing: a later part
--           was refused; the parts without a receipt stay unsent
-- skipped   pending → skipped; moves the baselines of answers that are byte-equal. A.also: the digest is over the cap;
--           the delivery that tells of it later is made, or filled
-- deferred  pending, sending → deferred; A.extends: its time is longer by as much as it waits
-- refused, failed   pending, sending → refused, failed
-- unknown   sending, unknown → unknown, looked at again at A.at
-- held      unknown → unknown(held)
-- resolved  unknown → pending; A.duplicate: once only
-- unsent    unknown, unknown(held) → pending until A.expires, when a person says that it did not arrive
-- The same step suspends what a refusal stops, and makes the operator's notice of it.
-- keys: run:<key>, run:<key>:deliveries, attention:*, open:<schedule>, baseline:<schedule>, suspended, notices,
--       cap:<subject>:also
-- A: event, run, reader, attempt, reason, sentence, at, extends, receipt, baselines, duplicate, expires, republish, lease,
--    suspend {subject, sentence, notice}, also {subject, reader, at, digests, more, told, most},
--    own (how a newer digest tells of one that waits)
-- Returns the facts, or LOST. Also LOST for A.duplicate if the delivery was sent again before: twice is the limit.
local FROM = {sent = 'GUHP', skipped = 'P', deferred = 'PG', refused = 'PG', failed = 'PG', unknown = 'GU', held = 'U',
  resolved = 'U', unsent = 'UH'}
local row = row_in(FROM[A.event], A.run, A.reader, A.attempt)
if not row or (A.event == 'sent' and not row.a) then return LOST end
if A.duplicate and row.v then return LOST end
-- What it is compared with was read when it was decided, or taken.
local decided = row.d or (row.h and row.h - A.lease) or now
if A.event == 'skipped' and not row.d and reset_since(A.run, A.reader, decided) then
  decide_anew(A.run, A.reader, row)
  return LOST
end
local on = {}

function on.sent()
  if A.reason == 'parts_missing' then
    unsend(row)
  elseif row.p then
    for i, part in ipairs(row.p) do
      if part[1] == 'G' or i == #row.p then row.p[i] = {'S', part[2], A.receipt} end
    end
  end
  local reason = A.reason or (row.s ~= 'G' and 'found' or nil)
  settle(A.run, A.reader, row, 'S', reason, A.sentence)
  move_baselines(A.run, A.reader, A.baselines, decided)
  clear_unclear(A.run, A.reader)
end

-- The message that tells of held digests at the period's end: made once, and filled until it is due. It is tried for a
-- week, as the one of common.lua.
-- Alerts are named before digests, and rather than them.
local function name_held(told, also)
  for _, one in ipairs(also.digests) do
    local at = #told.g + 1
    if (one[5] or 0) > 0 then
      at = 1
      while told.g[at] and (told.g[at][5] or 0) > 0 do at = at + 1 end
    end
    table.insert(told.g, at, one)
    if #told.g > also.most then
      table.remove(told.g)
      told.m = told.m + 1
    end
  end
  told.m = told.m + also.more
end

local function tell_later(also)
  local pointer = P .. 'cap:' .. also.subject .. ':also'
  local member = call('GET', pointer)
  local slash = member and string.find(member, '/', string.find(member, '@', 1, true), true)
  local waits = member and read(string.sub(member, 1, slash - 1), string.sub(member, slash + 1))
  if waits and waits.s == 'D' and not waits.d and (waits.n or 0) > now then
    local told = waits.i
    name_held(told, also)
    waits.s = nil
    call('HSET', rows_key(string.sub(member, 1, slash - 1)), string.sub(member, slash + 1), 'D' .. cjson.encode(waits))
    return
  end
  local told = also.told
  told.t = now
  told.g = {}
  name_held(told, also)
  local row = {x = also.at + WEEK, n = also.at, e = 'capped', i = told}
  call('HSET', rows_key(A.run), also.reader, 'D' .. cjson.encode(row))
  call('ZADD', LOOK_DELIVERIES, also.at, A.run .. '/' .. also.reader)
  call('SET', pointer, A.run .. '/' .. also.reader, 'PX', math.max(also.at - now, 1))
end

function on.skipped()
  settle(A.run, A.reader, row, 'K', A.reason, A.sentence)
  if A.also then tell_later(A.also) end
  move_baselines(A.run, A.reader, A.baselines, decided)
end

function on.deferred()
  unsend(row)
  if A.extends and row.x then row.x = row.x + math.max(A.at - now, 0) end
  row.e, row.m, row.n, row.h, row.o, row.q = A.reason, A.sentence, A.at, nil, nil, nil
  if A.own then row.g = A.own end
  report('delivery', A.run, A.reader, 'D', A.reason, A.sentence)
  write(A.run, A.reader, row, 'D', no_later(row, A.at))
end

function on.refused()
  unsend(row)
  if A.suspend and not is_notice(A.reader) then call('HINCRBY', run_key(A.run), 'n:stopped', 1) end
  settle(A.run, A.reader, row, 'R', A.reason, A.sentence)
end

function on.failed()
  unsend(row)
  settle(A.run, A.reader, row, 'F', A.reason, A.sentence)
end

function on.unknown()
  if row.s == 'G' then row.t = now end
  row.e, row.m, row.n, row.h, row.o, row.q = 'unclear', A.sentence, A.at, nil, nil, nil
  report('delivery', A.run, A.reader, 'U', row.e, A.sentence)
  write(A.run, A.reader, row, 'U', no_later(row, A.at))
end

function on.held() settle(A.run, A.reader, row, 'H', 'held', A.sentence or row.m) end

function on.resolved()
  if A.duplicate then row.v = true end
  unsend(row)
  row.e, row.t, row.n, row.q = A.reason, nil, nil, nil
  -- The process that resolves the delivery continues with it, so its hold stays.
  write(A.run, A.reader, row, 'P', math.max(row.h or 0, now + A.republish))
end

function on.unsent()
  unsend(row)
  row.e, row.m, row.t, row.n, row.h, row.o, row.q = A.reason, nil, nil, nil, nil, nil, nil
  row.x = math.max(row.x or 0, A.expires)
  write(A.run, A.reader, row, 'P', now + A.republish)
end

if A.suspend then suspend(A.run, A.suspend) end
on[A.event]()
return facts
