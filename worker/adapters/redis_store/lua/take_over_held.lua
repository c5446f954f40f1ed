-- Lets a pending delivery tell of the digests over the cap of which another delivery would tell later. That one is
-- closed as skipped(taken_over). A delivery that was tried before stays as it is.
-- keys: cap:<subject>:also, run:<key>:deliveries (of both), attention:deliveries
-- A: run, reader, subject, most
-- Returns {the digests of which it tells (JSON), how many more, the facts}, or LOST.
local row = row_in('P', A.run, A.reader)
if not row then return LOST end
local pointer = P .. 'cap:' .. A.subject .. ':also'
local member = not row.d and call('GET', pointer)
local slash = member and string.find(member, '/', string.find(member, '@', 1, true), true)
local run, reader = slash and string.sub(member, 1, slash - 1), slash and string.sub(member, slash + 1)
local waits = member and row_in('D', run, reader)
if waits and not waits.d then
  row.j, row.k = add_held(row.j or {}, (row.k or 0) + waits.i.m, waits.i.g, A.most)
  row.s = nil
  call('HSET', rows_key(A.run), A.reader, 'P' .. cjson.encode(row))
  settle(run, reader, waits, 'K', 'taken_over')
  call('DEL', pointer)
end
return {row.j and cjson.encode(row.j) or '[]', row.k or 0, facts}
