from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.console.served import ServedConsole, served_console
from worker.adapters.redis_server import EmbeddedRedis

WATCHED = """
name: Weekly pipeline
when: {cron: "0 9 * * MON"}
report:
  - id: deals
    source: close
    query: opportunities
    follow: closed
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}
digest: {bridge: deals}
alerts:
  - {id: big, name: A big deal, for_each: deals, if: row.value >= 1000, notify: [team]}
to:
  - {id: team, channel: mail, address: sales@acme.example}
  - {id: boss, channel: mail, address: boss@acme.example}
  - {id: room, channel: chat, address: C0123456789}
"""


@pytest.fixture
async def served(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    """One schedule that has not run yet."""
    async with served_console(empty_redis, tmp_path / "project") as made:
        yield made


@pytest.fixture
async def watched(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    """One run that reached everybody and opened alerts, a clock and a worker."""
    async with served_console(empty_redis, tmp_path / "project", WATCHED) as made:
        await made.project.run()
        for kind in ("clock", "worker"):
            await made.project.services.heartbeats.say_alive(kind, "here", 1)
        yield made


@pytest.fixture
async def troubled(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    """Two runs of a schedule with alerts; of the second, one reader was refused and one may have got it."""
    async with served_console(empty_redis, tmp_path / "project", WATCHED) as made:
        await made.project.run()
        made.project.step()
        made.project.box.mail.faults.refuse("boss@acme.example", 550)
        made.project.box.mail.faults.drop(to="sales@acme.example")
        await made.project.run()
        yield made
