-- sending → sending for another lease, so that no tick calls it lapsed while the message is being sent.
-- keys: run:<key>:deliveries, attention:deliveries; A: run, reader, attempt, lease
if not row_in('G', A.run, A.reader, A.attempt) then return LOST end
call('ZADD', LOOK_DELIVERIES, now + A.lease, A.run .. '/' .. A.reader)
return 1
