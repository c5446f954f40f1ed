-- Activates a bundle.
-- keys: owner, bundle:<id>, bundle:<id>:schedules (filled beforehand), deployed, deployments, due, suspended, paused,
--       paused:defined, mailboxes, mailboxes:every, renamed, windows, notices; of schedules that are fresh or take over a history: runs, open,
--       missed, chain, baseline, unclear, returned, last, preferences, choices, continued, subscriptions, alerts, acks; of schedules that are
--       gone: alerts, acks
-- A: bundle, count (its schedules), remembered (how many deployments), firsts [[schedule, ms]], ended [schedule],
--    gone [schedule], fresh [schedule],
--    dropped [[schedule, reader]], carried [[schedule, old reader, new reader]], mailboxes [[channel, ms]], paused [schedule], renamed [[old, new, [query]]],
--    basis {bundle, pending [[schedule, ms]]} or nil, owner {id, over: the bundle in force under which the name is
--    free} or nil, keep; ARGV[3] the bundle's bytes
-- Returns now, LOST if the set of schedules is incomplete (another deployment removed it meanwhile), or MOVED if the
-- basis no longer holds, or FOREIGN if the ledger belongs to another project directory.
local MOVED, FOREIGN = -2, -3
local names = P .. 'bundle:' .. A.bundle .. ':schedules'
if call('SCARD', names) ~= A.count then return LOST end
local before = call('HGET', P .. 'deployed', 'bundle')

-- A slot that came since the basis was read belongs to the old definition and must be claimed first. A schedule that
-- is only renamed keeps its slot.
local function holds(basis)
  if (before or '') ~= basis.bundle then return false end
  local carried = {}
  for _, pair in ipairs(A.renamed) do carried[pair[1]] = true end
  for _, pair in ipairs(basis.pending) do
    if tonumber(call('ZSCORE', P .. 'due', pair[1]) or -1) ~= pair[2] then return false end
    if pair[2] > 0 and pair[2] <= now and not carried[pair[1]] then return false end
  end
  return true
end

-- Lua passes only a few thousand arguments.
local function each_thousand(items, act)
  for from = 1, #items, 1000 do act(items, from, math.min(from + 999, #items)) end
end

local function merge(kind, old, new)
  local from, to = P .. kind .. old, P .. kind .. new
  if call('EXISTS', from) == 0 then return end
  if call('EXISTS', to) == 0 then
    call('RENAME', from, to)
  else
    call('ZUNIONSTORE', to, 2, to, from, 'AGGREGATE', 'MAX')
    call('UNLINK', from)
  end
end

-- If both have a value, the new schedule keeps its own, which is younger.
local function adopt(from, to)
  local held = call('HGETALL', from)
  for i = 1, #held, 2 do call('HSETNX', to, held[i], held[i + 1]) end
  call('DEL', from)
end

-- The oldest digest that may have arrived counts, whichever schedule it is of.
local function adopt_unclear(old, new)
  local from, to = P .. 'unclear:' .. old, P .. 'unclear:' .. new
  local noted = call('HGETALL', from)
  for i = 1, #noted, 2 do
    local own = tonumber(call('HGET', to, noted[i]) or nil)
    if not own or tonumber(noted[i + 1]) < own then call('HSET', to, noted[i], noted[i + 1]) end
  end
  call('DEL', from)
end

-- The snapshots that the rules of a schedule hold.
local function release_states(schedule)
  local key = alerts_key(schedule)
  for _, rule in ipairs(call('HKEYS', key)) do
    local text = call('HGET', key, rule)
    local version, snapshot = state_head(rule ~= '' and text or nil)
    if snapshot ~= '' then
      call('HSET', key, rule, version .. ' ' .. string.sub(text, string.find(text, '\n', 1, true), -1))
      release_snapshot(snapshot)
    end
  end
end

-- The new schedule keeps its own states, which are younger. Fingerprints stay as they were: "" has the id that they
-- were made with.
local function adopt_alerts(old, new)
  local from, to = alerts_key(old), alerts_key(new)
  if call('EXISTS', from) == 1 then
    call('HSETNX', from, '', old)
    local held = call('HGETALL', from)
    for i = 1, #held, 2 do
      if call('HSETNX', to, held[i], held[i + 1]) == 0 and held[i] ~= '' then
        local _, snapshot = state_head(held[i + 1])
        if snapshot ~= '' then release_snapshot(snapshot) end
      end
    end
    call('DEL', from)
  end
  adopt(acks_key(old), acks_key(new))
end

local function take_over(old, new, queries)
  if call('HGET', P .. 'renamed', old) == new then return end
  local known = call('HGETALL', P .. 'renamed')
  for i = 1, #known, 2 do
    if known[i + 1] == old then call('HSET', P .. 'renamed', known[i], new) end
  end
  call('HSET', P .. 'renamed', old, new)
  for _, kind in ipairs({'runs:', 'open:', 'missed:'}) do merge(kind, old, new) end
  for _, query in ipairs(queries) do merge('chain:', old .. ':' .. query, new .. ':' .. query) end
  for _, kind in ipairs({'baseline:', 'returned:', 'preferences:', 'choices:', 'continued:', 'subscriptions:'}) do
    adopt(P .. kind .. old, P .. kind .. new)
  end
  adopt(P .. 'subscriptions:' .. old .. ':ended', P .. 'subscriptions:' .. new .. ':ended')
  adopt_unclear(old, new)
  adopt_alerts(old, new)
  local last = math.max(call('HGET', P .. 'last', old) or 0, call('HGET', P .. 'last', new) or 0)
  if last > 0 then call('HSET', P .. 'last', new, last) end
  local opened = call('ZSCORE', P .. 'windows', old)
  if opened then
    call('ZADD', P .. 'windows', 'NX', opened, new)
    call('ZREM', P .. 'windows', old)
  end
  local till = call('HGET', P .. 'paused', old)
  if till then call('HSETNX', P .. 'paused', new, till) end
  for _, kind in ipairs({'last', 'paused'}) do call('HDEL', P .. kind, old) end
end

-- What the operator was told of a schedule, and is still to be told the end of. If both ids have a word on the same, the
-- newer one counts.
local function rename_notices()
  local held = call('HGETALL', NOTICES)
  for i = 1, #held, 2 do
    rename_notice(held[i], current_subject(held[i]))
  end
end

local function belongs_to(owner)
  local held = call('GET', P .. 'owner')
  return not held or held == owner.id or (before or '') == owner.over
end

if A.owner and not belongs_to(A.owner) then return FOREIGN end
if A.basis and not holds(A.basis) then return MOVED end
if A.owner then call('SET', P .. 'owner', A.owner.id) end
call('SET', P .. 'bundle:' .. A.bundle, ARGV[3])
call('HSET', P .. 'deployed', 'bundle', A.bundle, 'at', now)
if before ~= A.bundle then
  call('LPUSH', P .. 'deployments', cjson.encode({b = A.bundle, t = now}))
  call('LTRIM', P .. 'deployments', 0, A.remembered - 1)
end
call('PERSIST', names)
if before and before ~= A.bundle then call('UNLINK', P .. 'bundle:' .. before .. ':schedules') end
each_thousand(A.fresh, function(items, from, to)
  local pasts = {}
  for i = from, to do
    for _, kind in ipairs({'baseline:', 'unclear:', 'returned:', 'preferences:', 'choices:', 'continued:'}) do
      pasts[#pasts + 1] = P .. kind .. items[i]
    end
  end
  call('UNLINK', unpack(pasts))
  for i = from, to do
    if call('EXISTS', alerts_key(items[i])) == 1 then release_states(items[i]) end
    call('UNLINK', alerts_key(items[i]), acks_key(items[i]))
  end
  call('HDEL', P .. 'renamed', unpack(items, from, to))
end)
for _, pair in ipairs(A.renamed) do take_over(pair[1], pair[2], pair[3]) end
if #A.renamed > 0 then rename_notices() end
each_thousand(A.firsts, function(items, from, to)
  local dues = {}
  for i = from, to do dues[#dues + 1], dues[#dues + 2] = items[i][2], items[i][1] end
  call('ZADD', P .. 'due', unpack(dues))
end)
each_thousand(A.ended, function(items, from, to) call('ZREM', P .. 'due', unpack(items, from, to)) end)
each_thousand(A.gone, function(items, from, to) call('HDEL', P .. 'paused', unpack(items, from, to)) end)
-- Subscriptions made at run time end with their schedule. They are still listed, and the first end counts.
for _, schedule in ipairs(A.gone) do
  local key = P .. 'subscriptions:' .. schedule
  for _, reader in ipairs(call('HKEYS', key)) do call('HSETNX', key .. ':ended', reader, now) end
end
-- Its alerts are still shown, as long as answers are kept.
for _, schedule in ipairs(A.gone) do
  if call('EXISTS', alerts_key(schedule)) == 1 then
    release_states(schedule)
    call('PEXPIRE', alerts_key(schedule), A.keep)
  end
  call('PEXPIRE', acks_key(schedule), A.keep)
end
-- Links in messages and runs that are on their way name the id that their reader had.
local olds = {} -- of a schedule: id → the ids that lead to it
local function leading_to(schedule)
  if not olds[schedule] then
    local found, held = {}, call('HGETALL', P .. 'continued:' .. schedule)
    for i = 1, #held, 2 do
      found[held[i + 1]] = found[held[i + 1]] or {}
      table.insert(found[held[i + 1]], held[i])
    end
    olds[schedule] = found
  end
  return olds[schedule]
end

local function continue_as(schedule, old, new)
  local key, known = P .. 'continued:' .. schedule, leading_to(schedule)
  local ids = known[old] or {}
  table.insert(ids, old)
  call('HDEL', key, new)
  for _, id in ipairs(ids) do
    if id ~= new then call('HSET', key, id, new) end
  end
  known[old], known[new] = nil, known[new] or {}
  for _, id in ipairs(ids) do table.insert(known[new], id) end
end

-- A copy has neither baselines nor choices.
for _, one in ipairs(A.carried) do
  for _, kind in ipairs(is_copy(one[3]) and {'preferences:'} or {'preferences:', 'baseline:', 'choices:'}) do
    local held = call('HGET', P .. kind .. one[1], one[2])
    if held then
      call('HSETNX', P .. kind .. one[1], one[3], held)
      call('HDEL', P .. kind .. one[1], one[2])
    end
  end
  continue_as(one[1], one[2], one[3])
end
for _, reader in ipairs(A.dropped) do
  call('HDEL', P .. 'baseline:' .. reader[1], reader[2])
  call('HDEL', P .. 'preferences:' .. reader[1], reader[2])
  call('HDEL', P .. 'choices:' .. reader[1], reader[2])
  call('HDEL', P .. 'continued:' .. reader[1], reader[2])
  for _, id in ipairs(leading_to(reader[1])[reader[2]] or {}) do call('HDEL', P .. 'continued:' .. reader[1], id) end
end
call('DEL', P .. 'suspended', P .. 'paused:defined', P .. 'mailboxes', P .. 'mailboxes:every')
for _, pair in ipairs(A.mailboxes) do
  call('ZADD', P .. 'mailboxes', now, pair[1])
  call('HSET', P .. 'mailboxes:every', pair[1], pair[2])
end
each_thousand(A.paused, function(items, from, to) call('SADD', P .. 'paused:defined', unpack(items, from, to)) end)
return now
