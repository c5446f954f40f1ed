"""How long things may take at most, where two parts of the program have to agree on it.

`worker.settings` checks the times that a user sets; the times here are fixed, and each stands in one place only.
"""

from datetime import timedelta

LONGEST_FETCH = timedelta(minutes=20)
"""One try of a run asks its sources for this long at most, whatever its `within:` says. A query that has not answered
by then is a gap with the reason `deadline`. The time limit of a Celery task is longer, so that no worker is killed in
the middle of a fetch.
"""

LONGEST_WAIT = 10.0
"""Seconds. A worker waits this long for an address that takes one message at a time, and Redis reserves no turn that is
further away: for longer waits the clock wakes the delivery.
"""
