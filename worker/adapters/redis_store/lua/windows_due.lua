-- Returns the schedules whose debounce window has ended, each followed by its end.
-- keys: windows; A: limit
return call('ZRANGEBYSCORE', P .. 'windows', '-inf', now, 'WITHSCORES', 'LIMIT', 0, A.limit)
