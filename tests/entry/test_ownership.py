"""Whose ledger it is: a project's name belongs to the directory that was the first to deploy a schedule under it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.support.ledger_fixture import bundle
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.deployments import RedisDeployments
from worker.adapters.redis_store.scripts import Scripts
from worker.app import open_services
from worker.domain.schedule import Bundle
from worker.entry.local_queue import LocalQueue
from worker.entry.ownership import deploy_as_owner, fit_to_start, known_id
from worker.errors import NameTaken
from worker.flow.services import Services
from worker.ports import Deployment
from worker.settings import Settings

OURS, THEIRS, NONE = bundle("weekly", "daily"), bundle("hourly"), replace(bundle(), schedules={})
PROJECT = OURS.project


@pytest.fixture
def settings(empty_redis: EmbeddedRedis) -> Settings:
    return Settings(redis_url=empty_redis.url, broker_url=empty_redis.broker_url)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return directory(tmp_path, "here")


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return directory(tmp_path, "there")


def directory(parent: Path, name: str, known: str = "") -> Path:
    place = parent / name
    (place / ".funnelbeat").mkdir(parents=True)
    if known:
        (place / ".funnelbeat" / "id").write_text(f"{known}\n", encoding="ascii")
    return place


async def deploy(settings: Settings, place: Path, what: Bundle) -> None:
    async with open_services(settings, PROJECT, queue=LocalQueue(), directory=place) as services:
        await deploy_as_owner(services, what, place)


async def in_force(settings: Settings) -> set[str]:
    async with open_services(settings, PROJECT, queue=LocalQueue()) as services:
        deployed = await services.deployments.deployed()
        assert deployed is not None
        found = await services.deployments.bundle(deployed.bundle)
        assert found is not None
        return set(found.schedules)


async def test_a_clock_without_an_id_takes_no_name_from_the_directory_that_deploys(
    settings: Settings, here: Path, tmp_path: Path
) -> None:
    known = directory(tmp_path, "known", "a" * 32)
    await asyncio.to_thread(fit_to_start, settings, PROJECT, here)
    await deploy(settings, known, OURS)
    assert await in_force(settings) == set(OURS.schedules)
    await asyncio.to_thread(fit_to_start, settings, PROJECT, here)
    await deploy(settings, here, OURS)
    assert known_id(here) == "a" * 32


@pytest.mark.parametrize("known", ["", "a" * 32])
async def test_a_name_under_which_nothing_was_deployed_is_free(
    settings: Settings, tmp_path: Path, redis_client: Redis, known: str
) -> None:
    """An older version's clock took the name at its start."""
    await redis_client.set(f"{PROJECT}:owner", "b" * 32)
    place = directory(tmp_path, "place", known)
    await asyncio.to_thread(fit_to_start, settings, PROJECT, place)
    await deploy(settings, place, OURS)
    kept = await redis_client.get(f"{PROJECT}:owner")
    assert isinstance(kept, bytes)
    assert known_id(place) == text(kept) != "b" * 32


async def test_a_clock_of_another_project_does_not_start(settings: Settings, here: Path, tmp_path: Path) -> None:
    await deploy(settings, here, OURS)
    with pytest.raises(NameTaken, match="belongs to another project directory"):
        await asyncio.to_thread(fit_to_start, settings, PROJECT, directory(tmp_path, "other", "c" * 32))


class Overtaken(RedisDeployments):
    """Somebody else deploys between what a deployment was reckoned from and its one step."""

    def __init__(self, client: Redis, other: Callable[[], Awaitable[None]]) -> None:
        super().__init__(Scripts(client, PROJECT))
        self.other: Callable[[], Awaitable[None]] | None = other

    async def activate(self, *given: Any, **more: Any) -> Deployment:
        other, self.other = self.other, None
        if other is not None:
            await other()
        return await super().activate(*given, **more)


async def overtaken(settings: Settings, client: Redis, place: Path, what: Bundle, other: Path, theirs: Bundle) -> None:
    async def deploys() -> None:
        await deploy(settings, other, theirs)

    async with open_services(settings, PROJECT, queue=LocalQueue(), directory=place) as services:
        slow: Services = replace(services, deployments=Overtaken(client, deploys))
        await deploy_as_owner(slow, what, place)


@pytest.mark.parametrize("known", ["", "a" * 32])
async def test_of_two_projects_that_deploy_at_once_the_second_is_refused(
    settings: Settings, tmp_path: Path, there: Path, redis_client: Redis, known: str
) -> None:
    place = directory(tmp_path, "place", known)
    with pytest.raises(NameTaken):
        await overtaken(settings, redis_client, place, OURS, there, THEIRS)
    assert await in_force(settings) == set(THEIRS.schedules)
    assert known_id(place) == (known or None)


async def test_two_checkouts_of_one_project_that_deploy_at_once_share_its_id(
    settings: Settings, here: Path, there: Path, redis_client: Redis
) -> None:
    await overtaken(settings, redis_client, here, OURS, there, OURS)
    assert known_id(here) == known_id(there) is not None


async def test_a_project_without_schedules_still_owns_what_is_kept_of_them(
    settings: Settings, here: Path, there: Path, tmp_path: Path
) -> None:
    await deploy(settings, here, OURS)
    await deploy(settings, here, NONE)
    with pytest.raises(NameTaken):
        await deploy(settings, there, THEIRS)
    checkout = directory(tmp_path, "checkout")
    await deploy(settings, checkout, OURS)
    assert known_id(checkout) == known_id(here)


async def test_a_name_is_free_as_long_as_no_schedule_was_deployed_under_it(
    settings: Settings, here: Path, there: Path
) -> None:
    """Not the id is shared then: the directory that had the name is another project from now on."""
    await deploy(settings, here, NONE)
    await deploy(settings, there, THEIRS)
    assert known_id(there) != known_id(here)
    with pytest.raises(NameTaken):
        await deploy(settings, here, OURS)
    assert await in_force(settings) == set(THEIRS.schedules)
