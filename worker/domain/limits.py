"""Time limits on which two parts of the program have to agree.

`worker.settings` checks the times that a user sets. The times here are fixed, and each is defined once.
"""

from datetime import timedelta

LONGEST_FETCH = timedelta(minutes=20)
"""One try of a run asks its sources for at most this long, whatever its `within:` says. A query without an answer by
then is a gap with the reason `deadline`. The time limit of a Celery task is longer, so that no worker is killed during
a fetch.
"""

LONGEST_WAIT = 10.0
"""Seconds. A worker waits at most this long for its turn at an address that takes one message at a time. Redis reserves
no turn that is further away: the clock wakes a delivery that has to wait longer.
"""
