-- Stores renewed OAuth tokens if nothing else was stored since the caller looked, and if its turn has not lapsed.
-- keys: tokens:<account>, tokens:<account>:turn; A: account, over (what the caller saw, '' for nothing), tokens, turn (nil
-- where newer tokens are stored, whoever has the turn)
-- Returns 1, 0 for a turn that lapsed, or LOST if something else is stored by now.
local key = P .. 'tokens:' .. A.account
if (call('GET', key) or '') ~= A.over then return LOST end
if A.turn and call('GET', key .. ':turn') ~= A.turn then return 0 end
call('SET', key, A.tokens)
return 1
