"""Messages of long-running processes, in addition to their log. At a terminal a message is a line of text. Otherwise it
is an event of the log, so that a program that reads the log finds only JSON.
"""

import structlog

from worker.connectors import wall_clock
from worker.entry import console
from worker.entry.command_hints import copyable


def announce(event: str, *lines: str, trouble: bool = False) -> None:
    """`event`: its name in the log; the lines are its sentence."""
    if console.err.is_terminal:
        for line in lines:
            console.err.print(line, markup=False)
        return
    log = structlog.get_logger()
    (log.warning if trouble else log.info)(event, sentence=copyable("\n".join(lines)))


def time_of_day() -> str:
    """On this machine's clock."""
    return f"{wall_clock().astimezone():%H:%M:%S}"
