-- What is known since the runs before this one, in one look-up: a run asks each time.
-- keys: runs:<schedule>, missed:<schedule>, run:<key>, notices, renamed
-- A: schedule, runs (how many), missed (how many), subjects. Returns {[[run, expired deliveries]], [missed row],
-- [subject that was told and whose end was not]}.
local runs, told = {}, {}
for _, run in ipairs(call('ZREVRANGE', P .. 'runs:' .. A.schedule, 0, A.runs - 1)) do
  runs[#runs + 1] = {run, tonumber(call('HGET', run_key(run), 'n:expired') or 0)}
end
for _, subject in ipairs(A.subjects) do
  local text = call('HGET', NOTICES, current_subject(subject))
  if text and cjson.decode(text).o then told[#told + 1] = subject end
end
return {runs, call('ZREVRANGE', P .. 'missed:' .. A.schedule, 0, A.missed - 1), told}
