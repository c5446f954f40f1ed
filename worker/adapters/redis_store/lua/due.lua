-- Returns now and the schedules whose slot has come, oldest first, each followed by its slot.
-- keys: due; A: limit
return {now, call('ZRANGEBYSCORE', P .. 'due', '-inf', now, 'WITHSCORES', 'LIMIT', 0, A.limit)}
