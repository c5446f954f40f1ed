-- pending, unknown whose time has come: taken for this process's attention; the state stays.
-- deferred whose time has come → pending, for a process that did not wait for the tick.
-- pending, unknown past its time → skipped(expired) or failed(exhausted).
-- keys: run:<key>:deliveries, run:<key>:pairs, attention:deliveries, baseline:<schedule>, suspended
-- A: run, reader, pid, lease. Returns LOST, {0, what became true} where it was closed, or all that a worker asks about a
-- delivery, of one instant: now, the row, what it was decided against, the reader's baselines, whether anything is
-- suspended.
local row = row_in('PUD', A.run, A.reader)
if not row or (row.h or 0) > now or (row.n or 0) > now then return LOST end
if expire(A.run, A.reader, row) then return {0, facts} end
row.h, row.o = now + A.lease, A.pid
write(A.run, A.reader, row, row.s == 'D' and 'P' or row.s, row.h)
return {now, call('HGET', rows_key(A.run), A.reader), row.b and call('HGET', pairs_key(A.run), row.b) or false,
  call('HGET', P .. 'baseline:' .. schedule_of(A.run), A.reader), call('EXISTS', P .. 'suspended')}
