-- Writes what alert rules changed under a temporary key, from which the script that hands the run over takes it. It
-- expires in an hour if that does not come.
-- keys: run:<key>:alerts:<token>; A: key, token, fields [name]; ARGV[3…] their values. Returns 1.
local staged, given = told_key(A.key) .. ':' .. A.token, {}
for i, name in ipairs(A.fields) do given[#given + 1], given[#given + 2] = name, ARGV[2 + i] end
call('HSET', staged, unpack(given))
call('PEXPIRE', staged, 3600000)
return 1
