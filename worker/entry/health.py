"""`python -m worker.entry.health clock|worker`: whether such a process on this host wrote a heartbeat recently, and
whether a worker leaves messages in the queues for longer than any task runs.

It is a container's health check: it prints one line and exits with 0 or 1.
"""

import asyncio
import socket
import sys
from contextlib import aclosing
from datetime import datetime, timedelta
from pathlib import Path

from worker.adapters.celery.app import TIME_LIMIT, make_app
from worker.adapters.celery.waiting import waiting
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.clock_app import broker
from worker.connectors import wall_clock
from worker.entry.project_name import project_name
from worker.errors import FunnelbeatError
from worker.settings import Settings, read

KINDS = ("clock", "worker")
WITHIN = timedelta(seconds=30)
LONGEST_TASK = timedelta(seconds=TIME_LIMIT)


async def silence(redis_url: str, project: str, kind: str, host: str) -> timedelta | None:
    """How long ago a process of this kind on this host wrote a heartbeat. None: not in the last day."""
    async with aclosing(connect(redis_url, connections=2)) as client:
        ledger = RedisLedger(client, project)
        seen = [one.seen for one in await ledger.heartbeats.alive() if (one.kind, one.host) == (kind, host)]
        return await ledger.clock.now() - max(seen) if seen else None


def standing_still(settings: Settings, project: str, now: datetime) -> list[str]:
    """Queues whose oldest message has waited for longer than any task may run, so that no child takes from them.
    RabbitMQ shows none. Raises BrokerUnavailable.
    """
    found = waiting(make_app(broker(settings), project), project)
    return [name for name, one in found.items() if one.since is not None and now - one.since > LONGEST_TASK]


def main(words: list[str]) -> int:
    if len(words) != 1 or words[0] not in KINDS:
        sys.stderr.write(f"write one of: {', '.join(KINDS)}\n")
        return 1
    try:
        settings = read()
        project = project_name(Path.cwd(), settings)
        still = standing_still(settings, project, wall_clock()) if words[0] == "worker" else []
        quiet = asyncio.run(silence(settings.redis_url, project, words[0], socket.gethostname()))
    except FunnelbeatError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    healthy = quiet is not None and quiet < WITHIN
    told = "has given no sign of life" if quiet is None else f"was there {quiet.total_seconds():.0f} s ago"
    sys.stdout.write(f"the {words[0]} {told}{''.join(f'; the queue {name} stands still' for name in still)}\n")
    return 0 if healthy and not still else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
