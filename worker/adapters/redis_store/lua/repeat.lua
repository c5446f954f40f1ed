-- An attempt handed over a part after it had lost its claim. That may be a duplicate, unless a look-up found this part.
-- The state does not change.
-- keys: run:<key>:deliveries; A: run, reader, part, receipt
local row = read(A.run, A.reader)
if not row then return 0 end
local known = row.p and row.p[A.part + 1]
if known and A.receipt ~= '' and known[3] == A.receipt then return 0 end
local state = row.s
row.s, row.v = nil, true
call('HSET', rows_key(A.run), A.reader, state .. cjson.encode(row))
return 1
