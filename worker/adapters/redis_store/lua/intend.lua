-- pending → sending (attempt + 1) with the intent of the first part; sending → sending with that of a later part.
-- keys: run:<key>:deliveries, run:<key>:pairs, attention:deliveries, baseline:<schedule>
-- A: run, reader, attempt (0: a new try), part, parts, sha, date, pair (JSON text), past (the snapshots in it),
--    version, lease, keep
-- Returns the current attempt, or LOST, also if a baseline was reset since the delivery was taken. `date` and `pair`
-- are fixed by the first attempt, whose `version` is in the pair's text. A later attempt's `version` is in the row.
local first = A.attempt == 0
local row = row_in(first and 'P' or 'G', A.run, A.reader, not first and A.attempt or nil)
if not row then return LOST end
-- Another process fixed the date meanwhile. These bytes would be another message with the same id.
if first and row.d and row.d ~= A.date then return LOST end
if first and not row.d and reset_since(A.run, A.reader, A.date) then
  decide_anew(A.run, A.reader, row)
  return LOST
end
if first then row.a = (row.a or 0) + 1 end
if not row.d then
  -- Readers with the same baselines share one text; the row holds its short name.
  row.d, row.b = A.date, string.sub(redis.sha1hex(A.pair), 1, 10)
  if call('HSETNX', pairs_key(A.run), row.b, A.pair) == 1 then
    -- The snapshots that it was compared with are kept as long as this run.
    for _, id in ipairs(A.past) do hold_snapshot(id) end
  end
elseif first then
  row.w = A.version
end
row.p = row.p or {}
for i = #row.p + 1, A.parts do row.p[i] = {'P', '', ''} end
row.p[A.part + 1] = {'G', A.sha, ''}
row.e, row.m, row.n, row.h, row.o, row.q = nil, nil, nil, nil, nil, nil
write(A.run, A.reader, row, 'G', now + A.lease)
return row.a
