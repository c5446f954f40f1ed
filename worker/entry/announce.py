"""What a process that runs for long says beside its log: a line for people at a terminal, else an event of the log, so
that a program which reads the log finds JSON and nothing else.
"""

import structlog

from worker.connectors import wall_clock
from worker.entry import console


def announce(event: str, *lines: str, trouble: bool = False) -> None:
    """`event`: the name in the log, whose sentence is the lines."""
    if console.err.is_terminal:
        for line in lines:
            console.err.print(line, markup=False)
        return
    log = structlog.get_logger()
    (log.warning if trouble else log.info)(event, sentence="\n".join(lines))


def time_of_day() -> str:
    """On this machine's clock."""
    return f"{wall_clock().astimezone():%H:%M:%S}"
