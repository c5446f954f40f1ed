-- pending, unknown whose time has come: taken for this process's attention; the state stays.
-- deferred whose time has come → pending, for a process that did not wait for the tick.
-- pending past its time → skipped(expired) or failed(exhausted).
-- keys: run:<key>:deliveries, attention:deliveries; A: run, reader, pid, lease. Returns 1 or LOST.
local row = row_in('PUD', A.run, A.reader)
if not row or (row.h or 0) > now or (row.n or 0) > now then return LOST end
if expire(A.run, A.reader, row) then return LOST end
row.h, row.o = now + A.lease, A.pid
write(A.run, A.reader, row, row.s == 'D' and 'P' or row.s, row.h)
return 1
