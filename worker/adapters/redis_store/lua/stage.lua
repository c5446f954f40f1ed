-- Writes the pending deliveries of a fetched run under a temporary key that deliver.lua renames. They expire in an hour
-- if it does not.
-- keys: run:<key>, run:<key>:staged, run:<key>:subscribed
-- A: key, attempt, first (begin anew), readers [[id, expires, content (of a notification of alerts)]], subscribed [[id, entry (text)]]. Returns 1 or LOST.
if not fetching(A.key, A.attempt) then return LOST end
local staged, subscribed, fields = staged_key(A.key), subscribed_key(A.key), {}
if A.first then call('UNLINK', staged, subscribed) end
for _, reader in ipairs(A.readers) do
  fields[#fields + 1], fields[#fields + 2] = reader[1], 'P' .. cjson.encode({x = reader[2], c = reader[3]})
end
call('HSET', staged, unpack(fields))
call('PEXPIRE', staged, 3600000)
for _, pair in ipairs(A.subscribed) do call('HSET', subscribed, pair[1], pair[2]) end
call('PEXPIRE', subscribed, 3600000)
return 1
