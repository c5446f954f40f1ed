"""A clock imports what a clock needs, and nothing of what fetches, renders or sends."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from benchmarks.definitions import PROJECT, bundle
from tests.support.distribution import install
from tests.support.event_receiver import event_receiver
from tests.support.patience import PATIENCE
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.ledger import RedisLedger
from worker.domain.outgoing import HeartbeatUrl
from worker.plugins import SOURCE_PLUGINS

NOT_NEEDED = (
    *("aiosmtplib", "babel", "cel", "css_inline", "email_validator", "fastapi", "httpx", "itsdangerous", "jinja2"),
    *("prometheus_client", "prompt_toolkit", "standardwebhooks", "starlette", "uvicorn"),
    *("worker.app", "worker.channels", "worker.connectors", "worker.outgoing", "worker.plugins", "worker.rendering"),
    *("worker.sandbox", "worker.sources", "worker.web"),
)
"""Packages of which a clock imports no module. pydantic is not among them: typer reads a command's options with it."""


async def deploy_due(client: Redis, *, heartbeat: HeartbeatUrl | None = None) -> None:
    """Three schedules of which each is due at once."""
    made = replace(bundle(3, "every"), heartbeat=heartbeat)
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
    await RedisLedger(client, PROJECT).deployments.activate(made, dict.fromkeys(made.schedules, now), ())


@contextmanager
def running_clock(place: Path, redis: EmbeddedRedis, **variables: str) -> Iterator[Path]:
    """`funnelbeat clock` of a directory that only names the project, as CPython itself tells of its imports: one line
    of standard error for each (https://docs.python.org/3/using/cmdline.html#envvar-PYTHONPROFILEIMPORTTIME).
    """
    (place / "funnelbeat.yaml").write_text(f"project: {PROJECT}\n", "utf-8")
    told = place / "stderr"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FUNNELBEAT_")}
    environment |= {"FUNNELBEAT_REDIS_URL": redis.url, "FUNNELBEAT_BROKER_URL": redis.broker_url, **variables}
    command = [sys.executable, "-X", "importtime", "-m", "worker.entry", "--project", str(place), "clock"]
    with told.open("wb") as stderr, subprocess.Popen(command, env=environment, stderr=stderr) as clock:
        try:
            yield told
            assert clock.poll() is None, told.read_text("utf-8")
        finally:
            clock.terminate()
            clock.wait(PATIENCE)
    assert clock.returncode == 0


async def until_claimed(client: Redis) -> None:
    async with asyncio.timeout(PATIENCE):
        while await client.zcard(f"{PROJECT}:runs") < 3:  # noqa: ASYNC110  # another process claims
            await asyncio.sleep(0.05)


def imported(told: Path) -> set[str]:
    lines = (line for line in told.read_text("utf-8").splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip() for line in lines}


def of_packages(modules: set[str], packages: tuple[str, ...]) -> set[str]:
    return {one for one in modules if any(one == name or one.startswith(f"{name}.") for name in packages)}


async def test_a_clock_that_claims_and_publishes_imports_no_source_channel_or_template(
    tmp_path: Path, empty_redis: EmbeddedRedis, redis_client: Redis
) -> None:
    await deploy_due(redis_client)
    with running_clock(tmp_path, empty_redis) as told:
        await until_claimed(redis_client)
    modules = imported(told)
    assert {"celery", "redis", "structlog", "worker.clock_app", "worker.flow.run.tick"} <= modules
    assert of_packages(modules, NOT_NEEDED) == set()


async def test_a_plug_in_that_is_broken_stops_no_clock(
    tmp_path: Path, empty_redis: EmbeddedRedis, redis_client: Redis
) -> None:
    """Workers and commands refuse it. A clock opens no source, and its slots are claimed."""
    install(tmp_path / "site", "funnelbeat-tickets", SOURCE_PLUGINS, "tickets = no_such_module:KIND", {})
    await deploy_due(redis_client)
    with running_clock(tmp_path, empty_redis, PYTHONPATH=str(tmp_path / "site")):
        await until_claimed(redis_client)


@pytest.mark.slow
async def test_a_clock_imports_the_http_client_once_it_has_a_url_to_call(
    tmp_path: Path, empty_redis: EmbeddedRedis, redis_client: Redis
) -> None:
    with event_receiver() as receiver:
        await deploy_due(redis_client, heartbeat=HeartbeatUrl(receiver.url, 10, private=True))
        with running_clock(tmp_path, empty_redis) as told:
            await asyncio.to_thread(receiver.wait_for, lambda seen: len(seen) >= 1, PATIENCE)
    modules = imported(told)
    assert "httpx" in modules
    assert of_packages(modules, ("aiosmtplib", "worker.app", "worker.sandbox", "worker.sources", "worker.web")) == set()
