-- A subscription made at run time. Its reader begins anew: what an earlier reader of the same name left is gone.
-- keys: subscriptions:<schedule>, subscriptions:<schedule>:ended, preferences:<schedule>, choices:<schedule>,
--       baseline:<schedule>, renamed
-- A: schedule, entry, reader, record (text). Returns 1, or 0 where the id is taken by one that has not ended.
local schedule = call('HGET', P .. 'renamed', A.schedule) or A.schedule
local key = P .. 'subscriptions:' .. schedule
for _, reader in ipairs(call('HKEYS', key)) do
  if string.sub(reader, 1, #A.entry + 1) == A.entry .. '|' then
    local over = call('HEXISTS', key .. ':ended', reader) == 1
    local record = cjson.decode(call('HGET', key, reader))
    if not over and not (record.expires_ms ~= cjson.null and record.expires_ms <= now) then return 0 end
    call('HDEL', key, reader)
    call('HDEL', key .. ':ended', reader)
    call('HDEL', P .. 'preferences:' .. schedule, reader)
    call('HDEL', P .. 'choices:' .. schedule, reader)
    call('HDEL', P .. 'baseline:' .. schedule, reader)
  end
end
call('HSET', key, A.reader, A.record)
call('HDEL', P .. 'preferences:' .. schedule, A.reader)
call('HDEL', P .. 'choices:' .. schedule, A.reader)
call('HDEL', P .. 'baseline:' .. schedule, A.reader)
return 1
