-- Unsubscribes several readers of one address. Who is unsubscribed already stays as it was.
-- keys: preferences:<schedule> of each, renamed; A: readers [[schedule, reader]], preference (text)
for _, pair in ipairs(A.readers) do
  local key = P .. 'preferences:' .. (call('HGET', P .. 'renamed', pair[1]) or pair[1])
  local text = call('HGET', key, pair[2])
  if not (text and cjson.decode(text).choice == 'unsubscribed') then call('HSET', key, pair[2], A.preference) end
end
return 1
