-- Writes the pending deliveries of a fetched run under a temporary key that deliver.lua renames. They expire in an hour
-- if it does not.
-- keys: run:<key>, run:<key>:staged; A: key, attempt, first (begin anew), readers [[id, expires]]. Returns 1 or LOST.
if not fetching(A.key, A.attempt) then return LOST end
local staged, fields = staged_key(A.key), {}
if A.first then call('UNLINK', staged) end
for _, reader in ipairs(A.readers) do
  fields[#fields + 1], fields[#fields + 2] = reader[1], 'P' .. cjson.encode({x = reader[2]})
end
call('HSET', staged, unpack(fields))
call('PEXPIRE', staged, 3600000)
return 1
