-- Suspends what a later report of a receiver says cannot be reached, and makes the operator's notice of it.
-- keys: run:<key>:deliveries, attention:deliveries, suspended, notices; A: run, suspend {subject, sentence, notice}
-- Returns the facts; none if it was suspended already.
suspend(A.run, A.suspend)
return facts
