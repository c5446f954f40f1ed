-- Records a heartbeat, and forgets processes without one for a day.
-- keys: alive; A: who, forget
call('ZADD', P .. 'alive', now, A.who)
call('ZREMRANGEBYSCORE', P .. 'alive', '-inf', now - A.forget)
return 1
