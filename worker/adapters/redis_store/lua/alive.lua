-- A process says that it is there. Who said nothing for a day is forgotten.
-- keys: alive; A: who, forget
call('ZADD', P .. 'alive', now, A.who)
call('ZREMRANGEBYSCORE', P .. 'alive', '-inf', now - A.forget)
return 1
