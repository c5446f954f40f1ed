-- One part of several is sent. The delivery stays sending, or unknown if a look-up found the part.
-- keys: run:<key>:deliveries, attention:deliveries
-- A: run, reader, attempt, part, receipt, baselines (moved if no later part is ever sent), lease
local row = row_in('GU', A.run, A.reader, A.attempt)
local part = row and row.p and row.p[A.part + 1]
if not part then return LOST end
row.p[A.part + 1] = {'S', part[2], A.receipt}
row.l = next(A.baselines) and A.baselines or nil
write(A.run, A.reader, row, row.s, now + A.lease)
return 1
