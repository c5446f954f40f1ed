-- Replaces the sentences of deliveries that name an address which is forgotten. Nothing else of them changes.
-- keys: run:<key>:deliveries; A: run, readers [id], words
for _, reader in ipairs(A.readers) do
  local row = read(A.run, reader)
  if row then
    local state = row.s
    row.s, row.m = nil, A.words
    call('HSET', rows_key(A.run), reader, state .. cjson.encode(row))
  end
end
return #A.readers
