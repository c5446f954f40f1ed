-- Removes a subscription made at run time, with all that was kept of its reader.
-- keys: subscriptions:<schedule>, subscriptions:<schedule>:ended, preferences:<schedule>, choices:<schedule>,
--       baseline:<schedule>, renamed
-- A: schedule, entry. Returns how many there were.
local schedule = call('HGET', P .. 'renamed', A.schedule) or A.schedule
local key, gone = P .. 'subscriptions:' .. schedule, 0
local kept = {key, key .. ':ended', P .. 'preferences:' .. schedule, P .. 'choices:' .. schedule, P .. 'baseline:' .. schedule}
for _, reader in ipairs(call('HKEYS', key)) do
  if string.sub(reader, 1, #A.entry + 1) == A.entry .. '|' then
    for _, name in ipairs(kept) do
      call('HDEL', name, reader)
    end
    gone = gone + 1
  end
end
return gone
