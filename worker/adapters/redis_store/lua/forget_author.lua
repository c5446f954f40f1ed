-- Replaces a value of a hash by one in which a person is forgotten.
-- keys: acks:<schedule>, silences, subscriptions:<schedule>, preferences:<schedule>, choices:<schedule>, access
-- A: key, field; ARGV[3] the value that was read, ARGV[4] what is left. Returns 1, or LOST if it changed meanwhile.
if call('HGET', P .. A.key, A.field) ~= ARGV[3] then return LOST end
call('HSET', P .. A.key, A.field, ARGV[4])
return 1
