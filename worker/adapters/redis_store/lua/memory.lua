-- What is remembered of a schedule's alert rules, and who acknowledged which alert, at one instant.
-- keys: renamed, alerts:<schedule>, acks:<schedule>; A: schedule
-- Returns {the id that the schedule has now, [rule, state, …], [fingerprint, acknowledgement, …]}.
local schedule = call('HGET', P .. 'renamed', A.schedule) or A.schedule
return {schedule, call('HGETALL', alerts_key(schedule)), call('HGETALL', acks_key(schedule))}
