"""When Python looks for cycles among the objects of a process."""

import gc

YOUNGEST = 10_000
"""Objects more than before, at which the youngest are looked through. Python's own 700 are for programs that make few:
an answer of 10,000 rows is 100,000 objects without a cycle, and a third of an evaluation's time was spent on looking.
"""


def collect_rarely() -> None:
    """For this process, from now on."""
    gc.set_threshold(YOUNGEST, *gc.get_threshold()[1:])
