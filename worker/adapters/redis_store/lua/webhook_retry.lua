-- Events that were given up go to the end of the queue, in the order of their ids, and are tried at once. Their age and
-- the tries of the webhook count from now.
-- keys: webhook:<name>, webhook:<name>:queue, webhook:<name>:dead, webhook:<name>:dead:order
-- A: name, ids (at most some hundred). Returns how many.
local key = P .. 'webhook:' .. A.name
local count = 0
for _, id in ipairs(A.ids) do
  local text = call('HGET', key .. ':dead', id)
  if text then
    call('XADD', key .. ':queue', '*', 'i', id, 'b', cjson.decode(text)[1], 'r', now)
    call('HDEL', key .. ':dead', id)
    call('ZREM', key .. ':dead:order', id)
    count = count + 1
  end
end
if count > 0 then call('HDEL', key, 'retry_at', 'failures') end
return count
