"""Which project a ledger belongs to: the id next to the project's definitions, and the checks of Redis at every
start.
"""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path

import structlog

from worker.adapters.redis_store.connection import check, claim_project, connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.entry.project_redis import STATE
from worker.errors import RequestError
from worker.settings import Settings

ID = "id"


def fit_to_start(settings: Settings, project: str, place: Path) -> None:
    """Checks for a clock or worker that Redis can be used, and that the ledger belongs to this project. Warnings go to
    the log.

    Raises LedgerUnavailable with what to change, or RequestError.
    """

    async def checked() -> None:
        async with aclosing(connect(settings.redis_url, connections=2)) as client:
            for warning in (await check(client)).warnings:
                structlog.get_logger().warning("redis", sentence=warning)
            await claim_project(client, project, known_id(place), adopt=True)

    asyncio.run(checked())


async def own(settings: Settings, project: str, place: Path, schedules: Iterable[str]) -> None:
    """Checks for a deployment that the ledger belongs to this directory. A directory without an id (a second machine, a
    fresh checkout) takes over the id in Redis if it holds a schedule that is deployed, or if nothing is deployed.

    Raises RequestError if another project has this name.
    """
    known = known_id(place)
    async with aclosing(connect(settings.redis_url, connections=2)) as client:
        deployments = RedisLedger(client, project).deployments
        deployed = await deployments.deployed()
        bundle = await deployments.bundle(deployed.bundle) if deployed and known is None else None
        common = bundle is None or not bundle.schedules or any(name in bundle.schedules for name in schedules)
        found = await claim_project(client, project, known, adopt=common)
    if known is None:
        _keep(place, found)


def known_id(place: Path) -> str | None:
    """Raises RequestError if the file exists but cannot be read."""
    path = place / STATE / ID
    try:
        return path.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise RequestError(f"{path} cannot be read; it holds the project's id in Redis") from None


def _keep(place: Path, project_id: str) -> None:
    """A directory that is read-only takes over the id again each time."""
    path = place / STATE / ID
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{project_id}\n", encoding="ascii")
    except OSError as error:
        structlog.get_logger().warning("project_id_not_kept", sentence=f"{path}: {error.strerror}")
