"""A team whose deals change hands for weeks, and what its owners may see: reckoned here from the deals alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, cast

from tests.domain.builders import THIS_WEEK, answer, deal, ms, open_deals, schedule
from tests.support.many_readers import around
from worker.connectors import SILENT, OpenConnectors
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState, Reader
from worker.domain.run import Run, RunKey, RunState
from worker.domain.schedule import Bundle, ChannelSpec, Connection, Defaults, Each, Subscription
from worker.domain.snapshot.snapshot import Row, Snapshot
from worker.flow.run.owner_readers import owner_readers
from worker.flow.services import Services

WEEK = timedelta(days=7)
OPS = "ops@acme.example"
ENTRY = Subscription(
    "owners",
    "mail",
    None,
    "everything",
    "en_GB",
    "UTC",
    attach=("deals",),
    each=Each.OWNER,
    unassigned=OPS,
)
PLAN = replace(schedule(open_deals(), bridge="deals"), to=(ENTRY,))
TEMPLATES = {
    "everything/email.subject.j2": "{{ digest.run }}",
    "everything/email.txt.j2": "{{ digest }}",
    "everything/email.html.j2": "<p>{{ digest }}</p>",
}
"""All that a template can reach, so that nothing escapes by not being printed."""


@dataclass(frozen=True)
class Deal:
    """`value` is unlike every other deal's."""

    key: str
    owner: str | None
    value: int
    born: datetime
    status: str = "open"

    def row(self) -> Row:
        words = {name: f"{name}-{self.key}" for name in ("title", "lead_id", "lead", "url")}
        return deal(
            self.key,
            self.value,
            owner_id=self.owner,
            owner=f"name-{self.owner}",
            status=self.status,
            created_at=ms(self.born),
            **words,
        )


@dataclass
class Team:
    """`weeks`: every deal at each week's run, by key. `mail`: by owner; two owners share one, one has none."""

    owners: int
    mail: dict[str, str] = field(default_factory=dict)
    weeks: list[dict[str, Deal]] = field(default_factory=list)

    def address(self, one: Deal) -> str:
        return self.mail.get(one.owner or "", OPS)

    def open(self, week: int) -> Iterator[Deal]:
        return (one for one in self.weeks[week].values() if one.status == "open")

    def of(self, week: int, address: str) -> dict[str, Deal]:
        return {one.key: one for one in self.open(week) if self.address(one) == address}

    def snapshot(self, week: int) -> Snapshot:
        """Looks up whatever was listed a week ago and is not listed now."""
        listed = {one.key for one in self.open(week)}
        left = {one.key for one in self.open(week - 1)} - listed if week else set[str]()
        rows = [self.weeks[week][key].row() for key in sorted(listed)]
        followed = [self.weeks[week][key].row() for key in sorted(left)]
        found = answer(rows, at=THIS_WEEK + week * WEEK, followed=followed)
        return replace(found, addresses=tuple(sorted(self.mail.items())))


def team(seed: int, *, owners: int, deals: int, weeks: int) -> Team:
    """In every week a third of the deals changes hands, some change their value, some are closed, some are new."""
    dice = Random(seed)  # noqa: S311  # the same in every test run
    names = [f"user{n}" for n in range(owners)]
    made = Team(owners, {name: f"{name}@acme.example" for name in names[1:]})
    made.mail[names[2]] = made.mail[names[3]]
    anybody: list[str | None] = [*names, None]
    now = {key: Deal(key, dice.choice(anybody), _value(dice), THIS_WEEK - WEEK) for key in _keys(0, deals)}
    for week in range(weeks):
        if week:
            now = {key: _later(one, dice, anybody) for key, one in now.items()}
            born = THIS_WEEK + week * WEEK - timedelta(days=1)
            now |= {key: Deal(key, dice.choice(anybody), _value(dice), born) for key in _keys(week, deals // 6)}
        made.weeks.append(now)
    return made


def _keys(week: int, count: int) -> Iterator[str]:
    return (f"k{week}x{n:04}" for n in range(count))


def _value(dice: Random) -> int:
    """Of so many digits that no sum or difference of some is the value of another."""
    return dice.randrange(10**8, 10**9)


def _later(one: Deal, dice: Random, anybody: list[str | None]) -> Deal:
    if one.status != "open":
        return replace(one, status="open") if dice.random() < 0.1 else one
    if dice.random() < 0.33:
        one = replace(one, owner=dice.choice(anybody))
    if dice.random() < 0.3:
        one = replace(one, value=_value(dice))
    return replace(one, status=dice.choice(["won", "lost"])) if dice.random() < 0.15 else one


class TeamLedger:
    """Serves every port of the ledger: one run a week, one bundle."""

    def __init__(self, known: Bundle, weeks: int) -> None:
        self._bundle, self._runs = known, {run(week).key: run(week) for week in range(weeks)}

    async def bundle(self, _id: str) -> Bundle:
        return self._bundle

    async def run(self, key: RunKey) -> Run:
        return self._runs[key]

    async def subscribed(self, _key: RunKey) -> Mapping[str, Subscription]:
        return {}

    async def chain(self, *_: object) -> tuple[str, ...]:
        return ()


class TeamSnapshots:
    def __init__(self, of: Team) -> None:
        self._stored = {f"week{week}": of.snapshot(week) for week in range(len(of.weeks))}

    async def load(self, snapshot_id: str) -> Snapshot | None:
        return self._stored.get(snapshot_id)


def run(week: int) -> Run:
    due = THIS_WEEK + week * WEEK
    answers = (("deals", f"week{week}"),)
    return Run(RunKey(PLAN.id, due), RunState.DELIVERING, "cron", "bundle", 1, due, due + WEEK, 1, snapshots=answers)


def services(of: Team, **sizes: int) -> Services:
    """`sizes`: how many values a memo keeps, by its name."""
    channels = {"mail": ChannelSpec("mail", "sandbox")}
    connections = {"close": Connection("close", "sandbox")}
    known = Bundle("acme", Defaults(), connections, channels, {PLAN.id: PLAN}, TEMPLATES)
    ledger: Any = TeamLedger(known, len(of.weeks))
    stored = cast("Any", TeamSnapshots(of))
    made = around(ledger, OpenConnectors(SILENT, Path.cwd(), offline=True), **sizes)
    return replace(made, snapshots=stored, digests=replace(made.digests, snapshots=stored))


def sent(week: int) -> Mapping[str, Baseline]:
    at = THIS_WEEK + week * WEEK
    return {"deals": Baseline(f"week{week}", at, at)}


async def pasts(shared: Services, of: Team) -> list[dict[Reader, Mapping[str, Baseline]]]:
    """By week, every reader of that run and what it was last sent."""
    known = await shared.deployments.bundle("bundle")
    assert known is not None
    last: dict[Reader, Mapping[str, Baseline]] = {}
    found = []
    for week in range(len(of.weeks)):
        reached = await owner_readers(shared, known, PLAN, {"deals": of.snapshot(week)}, last)
        mailed = [one for one in reached if "@" in one.address]
        found.append({one: last.get(one, {}) for one in mailed})
        last |= {one: sent(week) for one in mailed}
    return found


def delivery(week: int, reader: Reader) -> Delivery:
    return Delivery(DeliveryKey(run(week).key, reader.id), DeliveryState.PENDING)
