-- What the process that has the turn of a webhook of events did.
-- added   events at the end of the queue, the cursor, and how many are unknown to this version. Of a queue that is too long the oldest are given up
-- sent    the event leaves the queue
-- failed  it waits, and all behind it; or it is given up: A.given_up, and all that came true, or were asked for by hand, before A.stale
-- left    the turn ends
-- keys: webhook:<name>, webhook:<name>:queue, webhook:<name>:dead, webhook:<name>:dead:order
-- A: event, name, who, lease, cursor, events [[id, body]], unknown, longest, kept, entry, sentence, wait, given_up, stale
-- Returns how many events were given up, or LOST.
local key = P .. 'webhook:' .. A.name
local queue, dead = key .. ':queue', key .. ':dead'
local held = call('HMGET', key, 'who', 'until')
if held[1] ~= A.who then return LOST end
call('HSET', key, 'until', now + A.lease)
local on, given_up = {}, 0

-- Of what was given up the newest are kept.
local function give_up(entry, fields, sentence)
  call('XDEL', queue, entry)
  call('HSET', dead, fields[2], cjson.encode({fields[4], sentence}))
  call('ZADD', dead .. ':order', now, fields[2])
  given_up = given_up + 1
  if call('ZCARD', dead .. ':order') > A.kept then
    call('HDEL', dead, call('ZPOPMIN', dead .. ':order')[1])
    call('HINCRBY', key, 'lost', 1)
  end
end

function on.added()
  call('HSET', key, 'cursor', A.cursor)
  if A.unknown > 0 then call('HINCRBY', key, 'unknown', A.unknown) end
  for _, one in ipairs(A.events) do call('XADD', queue, '*', 'i', one[1], 'b', one[2]) end
  local over = call('XLEN', queue) - A.longest
  if over > 0 then
    for _, one in ipairs(call('XRANGE', queue, '-', '+', 'COUNT', over)) do
      give_up(one[1], one[2], 'too many events waited')
    end
  end
end

function on.sent()
  call('XDEL', queue, A.entry)
  call('HINCRBY', key, 'sent', 1)
  call('HDEL', key, 'failures', 'trouble', 'retry_at')
end

function on.failed()
  call('HINCRBY', key, 'failures', 1)
  call('HSET', key, 'trouble', A.sentence, 'retry_at', now + A.wait)
  local first = call('XRANGE', queue, A.entry, A.entry)[1]
  if A.given_up and first then
    give_up(first[1], first[2], A.sentence)
    call('HDEL', key, 'failures') -- the tries of the next event are its own
  end
  if not A.stale then return end
  for _, one in ipairs(call('XRANGE', queue, '-', '+', 'COUNT', 200)) do
    local since = one[2][6] or string.match(one[2][2], '^%d+')
    if tonumber(since) >= A.stale then break end
    give_up(one[1], one[2], A.sentence)
  end
end

function on.left() call('HDEL', key, 'who', 'until') end

on[A.event]()
return given_up
