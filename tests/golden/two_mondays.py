"""Every shipped schedule on two consecutive Mondays, from its file over a sandbox to the digest of one reader."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from tests.support.traits import traits_of
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.load import load
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.public_holidays import PublicHolidays
from worker.domain.delivery import Baseline
from worker.domain.digest.compose import compose
from worker.domain.digest.context import DigestContext
from worker.domain.digest.model import Digest
from worker.domain.schedule import Schedule
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.time.window import compared, resolve
from worker.plugins import CHANNEL_TYPES, CONNECTIONS
from worker.ports import Answer, Question
from worker.sandbox import close_api, pipedrive_api, umami_account
from worker.sandbox.names import HOSTILE, Names
from worker.sandbox.server import Sandbox
from worker.sources import close, pipedrive, umami

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "schedules").rglob("*.yaml"))
FILES = {path.stem: path for path in SHIPPED if "\nto:" in path.read_text("utf-8")}
"""Those with digests. tests/entry/test_stalled_watch.py tests the one that holds alerts alone."""
FIRST = datetime(2026, 11, 16, 8, tzinfo=UTC)
WEEK = timedelta(days=7)
MOVES = 1
"""Steps of the sandbox's pipeline between the two Mondays."""

SANDBOXES = {"close": "sandbox", "pipedrive": "sandbox-pipedrive", "umami": "sandbox-umami"}
PROJECT = """\
project: acme
connections: {close: {type: sandbox}, pipedrive: {type: sandbox-pipedrive}, umami: {type: sandbox-umami}}
channels: {email: {type: sandbox}, slack: {type: sandbox}}
"""


class Service(Protocol):
    async def fetch(self, question: Question) -> Answer: ...
    async def aclose(self) -> None: ...


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


def schedule(name: str, place: Path) -> Schedule:
    (place / "schedules").mkdir(parents=True)
    (place / "funnelbeat.yaml").write_text(PROJECT, "utf-8")
    (place / "schedules" / f"{name}.yaml").write_bytes(FILES[name].read_bytes())
    loaded = load(place, Registry(CONNECTIONS, CHANNEL_TYPES, CelExpressions(), PublicHolidays()), {})
    assert (loaded.complaints, loaded.warnings) == ((), ())
    assert loaded.bundle is not None
    return loaded.bundle.schedules[name]


def opened(box: Sandbox, source: str, clock: Clock) -> Service:
    if source == "close":
        return close.open_source({"base_url": box.close_url, "api_key": close_api.API_KEY}, clock=clock)
    if source == "pipedrive":
        options = {"base_url": box.pipedrive_url, "api_token": pipedrive_api.API_TOKEN}
        return pipedrive.open_source(options, clock=clock)
    options = {"base_url": box.umami_url, "username": umami_account.USERNAME, "password": umami_account.PASSWORD}
    return umami.open_source(options, clock=clock)


async def mondays(name: str, place: Path, names: Names = HOSTILE) -> AsyncIterator[Digest]:
    """The digest of the first Monday, and that of the second, which is compared with the first."""
    async for told in contexts(name, place, names):
        yield compose(told)


async def contexts(name: str, place: Path, names: Names = HOSTILE) -> AsyncIterator[DigestContext]:
    """What the digests of two Mondays are made from."""
    plan, clock, before = schedule(name, place), Clock(FIRST), dict[str, Snapshot]()
    async with Sandbox(now=clock, names=names) as box:
        service = opened(box, plan.report[0].source, clock)
        for slot in (FIRST, FIRST + WEEK):
            for step in range(MOVES if before else 0):
                clock.now = FIRST + WEEK * (step + 1) / (MOVES + 1)
                box.pipeline.step(clock.now)
            clock.now = slot + timedelta(seconds=5)
            found = await answers(service, plan, slot, before)
            yield context(plan, slot, found, before)
            before = {query: answer.snapshot for query, answer in found.items()}
        await service.aclose()


async def answers(service: Service, plan: Schedule, slot: datetime, before: dict[str, Snapshot]) -> dict[str, Answer]:
    zone, found = plan.trigger.zone, dict[str, Answer]()
    for item in plan.report:
        window = resolve(item.window, slot, zone) if item.window else None
        against = compared(window, item.compare, slot) if item.compare and window else None
        past = before.get(item.id)
        members = past.members if past else frozenset()
        question = Question(item, slot, zone, window, against, formerly=members, previous=past)
        found[item.id] = await service.fetch(question)
    return found


def context(plan: Schedule, slot: datetime, found: dict[str, Answer], before: dict[str, Snapshot]) -> DigestContext:
    return DigestContext(
        schedule=plan,
        run=f"{plan.name}@{slot.isoformat()}",
        slot=slot,
        traits=traits_of(plan),
        snapshots={query: answer.snapshot for query, answer in found.items()},
        compared={query: answer.compared for query, answer in found.items() if answer.compared is not None},
        connections={item.source: SANDBOXES[item.source] for item in plan.report},
        baselines={query: (Baseline(query, slot - WEEK, slot - WEEK), past) for query, past in before.items()},
        next_slot=slot + WEEK,
    )
