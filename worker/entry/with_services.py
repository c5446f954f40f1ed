"""Services for commands that run a schedule: with its definitions, its secrets and, where it needs one, a sandbox."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from worker.app import open_services
from worker.decorators.kept_messages import with_kept_messages
from worker.domain.schedule import Bundle
from worker.entry.local_queue import LocalQueue
from worker.entry.message_folder import Folder
from worker.entry.project_dir import deployed_bundle, refuse_unset_secrets, sandbox_for
from worker.entry.project_name import project_name
from worker.entry.project_redis import outbox_of, redis_for
from worker.flow.services import Services
from worker.ports import Queue

T = TypeVar("T")


def with_services(
    place: Path,
    work: Callable[[Services], Coroutine[Any, Any, T]],
    *,
    copies: Folder | None = None,
    bundle: Bundle | None = None,
    schedule: str | None = None,
    through_queue: bool = False,
    offline: bool = False,
    compares: bool = False,
) -> T:
    """Does a command's work with the project's Redis, its sandbox if it needs one, and its services.

    `bundle`: the definitions in the files; without it, the deployed definitions are used. `schedule`: raises
    RequestError if a secret that it needs is not set. `offline`: nothing is fetched or sent, so no sandbox is needed.
    `compares`: as for sandbox_for.
    """
    with redis_for(place, may_be_empty=bundle is not None) as base:
        name = bundle.project if bundle else project_name(place, base)
        served = bundle or deployed_bundle(base, name)
        if served is not None and schedule is not None and schedule in served.schedules:
            refuse_unset_secrets(place, replace(served, schedules={schedule: served.schedules[schedule]}))
        with (
            sandbox_for(served, base, outbox_of(place), beside=place, compares=compares)
            if served is not None and not through_queue and not offline
            else nullcontext(base) as settings
        ):
            queue: Queue | None = None if through_queue else LocalQueue()

            async def opened() -> T:
                async with open_services(settings, name, queue=queue, directory=place, offline=offline) as services:
                    return await work(with_kept_messages(services, copies.keep) if copies else services)

            return asyncio.run(opened())
