-- What some readers of a schedule said, under the ids that they have or had.
-- keys: preferences:<schedule>, continued:<schedule>, renamed
-- A: schedule, readers [id]. Returns {id, preference, …} and {id, the present id, …}. Reads only.
local schedule = call('HGET', P .. 'renamed', A.schedule) or A.schedule
local preferences, ids = {}, {}
local function look(reader)
  local said = call('HGET', P .. 'preferences:' .. schedule, reader)
  if said then preferences[#preferences + 1], preferences[#preferences + 2] = reader, said end
end
for _, reader in ipairs(A.readers) do
  local now_id = call('HGET', P .. 'continued:' .. schedule, reader)
  if now_id then
    ids[#ids + 1], ids[#ids + 2] = reader, now_id
    look(now_id)
  end
  look(reader)
end
return {preferences, ids}
