"""Services for commands that read or repair the ledger. They need Redis and the project's name, but no definitions,
secrets or sandbox. So they also work while somebody is editing a file.
"""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from worker.app import open_services
from worker.entry.local_queue import LocalQueue
from worker.entry.project_name import project_name
from worker.entry.project_redis import redis_for
from worker.flow.services import Services

T = TypeVar("T")


def with_ledger(place: Path, work: Callable[[Services], Coroutine[Any, Any, T]], *, publish: bool = False) -> T:
    """`publish`: the broker gets the runs that the command queues."""
    with redis_for(place) as settings:
        name = project_name(place, settings)

        async def opened() -> T:
            queue = None if publish else LocalQueue()
            async with open_services(settings, name, queue=queue, directory=place, offline=True) as services:
                return await work(services)

        return asyncio.run(opened())
