"""Which project a ledger belongs to: the id next to the project's definitions, and the checks of Redis at every
start.
"""

import asyncio
import secrets
from collections.abc import Collection
from contextlib import aclosing
from pathlib import Path

import structlog

from worker.adapters.redis_store.connection import check, connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.domain.schedule import Bundle
from worker.entry.actor import command_line_actor
from worker.entry.project_redis import STATE
from worker.errors import NameTaken, RequestError
from worker.flow.deploy.deploy import Changes
from worker.flow.operate.upkeep_acts import DeployAct, DeployActUses, deploy_definitions
from worker.ports import Deployment, Deployments, Owner
from worker.settings import Settings

ID = "id"
TRIES = 10


def fit_to_start(settings: Settings, project: str, place: Path) -> None:
    """Checks for a clock or worker that Redis can be used, and that the ledger does not belong to another project.
    Nothing is claimed: a process that only serves would take the name from whoever is going to deploy. Warnings go to
    the log.

    Raises LedgerUnavailable with what to change, or RequestError.
    """

    async def checked() -> None:
        async with aclosing(connect(settings.redis_url, connections=2)) as client:
            for warning in (await check(client)).warnings:
                structlog.get_logger().warning("redis", sentence=warning)
            await refuse_foreign(RedisLedger(client, project).deployments, project, known_id(place))

    asyncio.run(checked())


async def refuse_foreign(deployments: Deployments, project: str, known: str | None) -> None:
    """Raises NameTaken if a directory with another id than `known` has deployed a schedule under this name."""
    if known is not None and await deployments.owner() not in {None, known} and (await _in_use(deployments))[1]:
        raise NameTaken(project)


async def deploy_as_owner(
    uses: DeployActUses, bundle: Bundle, place: Path, act: DeployAct = DeployAct.DEPLOY
) -> tuple[Deployment, Changes]:
    """Deploys from a project directory, to which the ledger belongs from then on. A directory without an id (a second
    machine, a fresh checkout) takes over the id in Redis if it holds a schedule that is deployed.

    Raises NameTaken if the name belongs to another directory: one that has deployed a schedule.
    """
    known = known_id(place)
    for _ in range(TRIES):
        owner = await _owner(uses.deployments, bundle, known)
        try:
            done = await deploy_definitions(uses, command_line_actor(), bundle, owner=owner, act=act)
        except NameTaken:  # by a deployment that came meanwhile, perhaps of this project
            continue
        if known is None:
            _keep(place, owner.id)
        return done
    raise NameTaken(bundle.project)


async def _owner(deployments: Deployments, bundle: Bundle, known: str | None) -> Owner:
    held = await deployments.owner()
    if known is not None and held in {None, known}:
        return Owner(known)
    in_force, schedules = await _in_use(deployments)
    if not schedules:
        return Owner(known or secrets.token_hex(16), over=in_force)
    if known is None and any(name in schedules for name in bundle.schedules):
        return Owner(held or secrets.token_hex(16))
    raise NameTaken(bundle.project)


async def _in_use(deployments: Deployments) -> tuple[str, Collection[str]]:
    """The bundle in force, "" for none, and the schedules of the last remembered one that had any: a project from
    which all of them were removed still owns what is kept of them.
    """
    deployed = await deployments.deployed()
    if deployed is None:
        return "", ()
    for name in dict.fromkeys([deployed.bundle, *(one.bundle for one in await deployments.history())]):
        bundle = await deployments.bundle(name)
        if bundle is not None and bundle.schedules:
            return deployed.bundle, bundle.schedules
    return deployed.bundle, ()


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
