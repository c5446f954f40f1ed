"""Services for commands that look after the ledger: they need Redis and the project's name, not its definitions, not
its secrets and no sandbox. A file somebody is editing must not keep anybody from looking.
"""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from worker.adapters.definitions.yaml_nodes import parse
from worker.app import open_services
from worker.entry.local_queue import LocalQueue
from worker.entry.project_dir import project_name, redis_for
from worker.flow.services import Services
from worker.settings import Settings

T = TypeVar("T")


def with_ledger(place: Path, work: Callable[[Services], Coroutine[Any, Any, T]], *, publish: bool = False) -> T:
    """`publish`: what the command queues goes to the broker."""
    with redis_for(place) as settings:
        name = ledger_name(place, settings)

        async def opened() -> T:
            queue = None if publish else LocalQueue()
            async with open_services(settings, name, queue=queue, directory=place, offline=True) as services:
                return await work(services)

        return asyncio.run(opened())


def ledger_name(place: Path, settings: Settings) -> str:
    """FUNNELBEAT_PROJECT, else `project:` of funnelbeat.yaml, whatever else stands in the project's files."""
    file = place / "funnelbeat.yaml"
    if settings.project or not file.is_file():
        return project_name(place, settings)
    document, _ = parse(file.read_bytes(), "funnelbeat.yaml")
    found = document.value.get("project") if document is not None and isinstance(document.value, dict) else None
    return str(found) if isinstance(found, str) and found else project_name(place, settings)
