"""A worker's child that makes runs of one long list: its memory before, the highest in each run, and after it.

The first run is of a short list, so that templates and modules are loaded before anything is measured.

python -m benchmarks.memory_child REDIS LIST SMTP_PORT ROWS RUNS
"""

import asyncio
import gc
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from benchmarks.ground import memory_mb, say
from worker.adapters.event_log import configure
from worker.app import open_services
from worker.collector import collect_rarely
from worker.domain.run import Claim, RunKey
from worker.domain.schedule import (
    Bundle,
    ChannelSpec,
    Connection,
    Defaults,
    Follow,
    Query,
    Schedule,
    Subscription,
    Trigger,
)
from worker.entry.local_queue import LocalQueue
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.services import Services
from worker.settings import Settings

PROJECT, SHORT = "memory", 100


def bundle(list_url: str, smtp: int) -> Bundle:
    item = Query("deals", "close", "opportunities", params={"status_type": "active"}, follow=Follow.CLOSED)
    to = (Subscription("team", "email", "team@tern.example", "pipeline", "en_GB", "UTC"),)
    daily = Trigger("cron", "UTC", expression="0 9 * * *")
    return Bundle(
        PROJECT,
        Defaults(),
        {"close": Connection("close", "close", {"base_url": list_url, "api_key": "api_long"})},
        {
            "email": ChannelSpec(
                "email", "email", {"url": f"smtp://127.0.0.1:{smtp}?tls=never", "from": "r@tern.example"}
            )
        },
        {"long": Schedule(daily, id="long", name="Long", report=(item,), to=to, bridge="deals")},
    )


def highest_mb() -> float:
    """The largest resident set since `forget_highest`, in MB. Linux only."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("the kernel does not tell the largest memory of this process")


def forget_highest() -> None:
    """The highest memory is the present one again: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html."""
    Path("/proc/self/clear_refs").write_text("5")


async def one_run(services: Services, bundle_id: str, number: int) -> str:
    now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=number)
    key = RunKey("long", now, "manual", f"{number:08x}")
    await services.clock.request(Claim(key, bundle_id, "manual", now + timedelta(hours=1)), services.pid)
    for delivery in await produce(services, key):
        await deliver(services, delivery)
    return str((await services.lookups.runs(None, 1))[0].state)


async def measure(redis_url: str, list_url: str, smtp: int, rows: int, runs: int) -> None:
    configure("warning")
    collect_rarely()
    made = bundle(list_url, smtp)
    async with AsyncExitStack() as opened:
        settings = Settings(redis_url=redis_url)
        services = await opened.enter_async_context(open_services(settings, PROJECT, queue=LocalQueue()))
        deployment = await services.deployments.activate(made, {"long": None}, ())
        told: list[dict[str, float | str]] = []
        http = await opened.enter_async_context(httpx.AsyncClient(trust_env=False))
        for number in range(1 + runs):
            await http.get(f"{list_url}/shown/{rows if number else SHORT}/{number}")
            forget_highest()
            state = await one_run(services, deployment.bundle, number)
            highest = highest_mb()
            gc.collect()
            told.append({"state": state, "highest": highest, "after": memory_mb()})
        say({"base": told[0]["after"], "runs": told[1:]})


if __name__ == "__main__":
    asyncio.run(measure(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])))
