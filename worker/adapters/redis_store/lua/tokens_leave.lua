-- Ends the turn to renew OAuth tokens, unless it lapsed and another process has one by now.
-- keys: tokens:<account>:turn; A: account, turn
local key = P .. 'tokens:' .. A.account .. ':turn'
return call('GET', key) == A.turn and call('DEL', key) or 0
