-- Bytes of an attempt that had lost its claim left all the same: a possible duplicate. The state stays what it is.
-- keys: run:<key>:deliveries; A: run, reader
local row = read(A.run, A.reader)
if not row then return 0 end
local state = row.s
row.s, row.v = nil, true
call('HSET', rows_key(A.run), A.reader, state .. cjson.encode(row))
return 1
