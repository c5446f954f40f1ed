"""Small stand-ins for the ports, for the unit tests of flow. Each has only the methods that one kind of function calls,
so that a function which asks for more fails its test. `tests/test_flow_units.py` holds them to 15 lines and to the
ports' own parameters.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from tests.domain.builders import THIS_WEEK, answer, deal, open_deals
from worker.domain.access import AuditRecord
from worker.domain.alert.subject import ClauseResult
from worker.domain.choices import Choices
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState, Envelope, Part, Reader, Receipt
from worker.domain.due.slots import every_after, every_before
from worker.domain.events import Fact, Suspended
from worker.domain.links import Link
from worker.domain.missed import MissedRow
from worker.domain.notice import Notice, Suspension, Trouble
from worker.domain.operators import Operator
from worker.domain.outcome import Outcome
from worker.domain.outgoing import Outgoing
from worker.domain.reason import Reason
from worker.domain.run import Run, RunKey, RunState
from worker.domain.schedule import Bundle, ChannelSpec, Connection, Defaults, Query, Schedule, Subscription, Trigger
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.subscription import Choice, Preference, SubscriptionRecord
from worker.errors import BrokerUnavailable, ClaimLost
from worker.flow.run.comparison import Answers, Comparison, Composed, ReaderDigest
from worker.memo import Memo
from worker.ports import AlertMemory, Answer, Deployment, Question, Source
from worker.ports.bounces import BounceReport
from worker.ports.channels import PreviewPage, RenderRequest, Templates
from worker.ports.kinds import QuerySpec

NOW = THIS_WEEK
HOUR = timedelta(hours=1)
HOURLY = Trigger("every", "UTC", seconds=3600)
TEAM = Subscription("team", "mail", "team@acme.example", "pipeline", "en_GB", "UTC")
READER = Reader("weekly", "team", "team@acme.example")
WEEKLY = Schedule(HOURLY, id="weekly", name="Weekly pipeline", report=(open_deals(),), to=(TEAM,))
RUN = Run(RunKey("weekly", NOW), RunState.DELIVERING, "every", "bundle", 1, NOW, NOW + HOUR, 1)
KEY = DeliveryKey(RUN.key, READER.id)
SENT = Delivery(KEY, DeliveryState.SENT, date=NOW + timedelta(minutes=1))
BOUNCE = BounceReport(KEY.digest, "Team@acme.example", "550 5.1.1 unknown", address_at_fault=True)
"""Of SENT."""


def uses(**parts: object) -> Any:
    """What a function of flow may use: these parts of Services, and no other."""
    return SimpleNamespace(**parts)


def bundle_with(*schedules: Schedule, operator: str | tuple[Operator, ...] | None = None) -> Bundle:
    """One connection, one channel, and these schedules."""
    connections, channels = {"close": Connection("close", "any")}, {"mail": ChannelSpec("mail", "any")}
    return Bundle("acme", Defaults(operator=operator), connections, channels, {one.id: one for one in schedules})


def reader_digest(
    entry: Subscription = TEAM,
    before: Mapping[str, Snapshot] | None = None,
    *,
    digest: Any = None,
    found: Mapping[str, Snapshot] | None = None,
) -> ReaderDigest:
    """What one reader of RUN is told: one answer, compared with `before`."""
    baselines = {query: Baseline("before", one.slot, one.as_of[0]) for query, one in (before or {}).items()}
    answers = Answers({"deals": answer([deal("a")])} if found is None else found, {}, ())
    told = Composed("key", answers, Comparison(baselines, before or {}, {}), digest)
    return ReaderDigest(
        bundle_with(WEEKLY),
        WEEKLY,
        entry,
        READER,
        NOW,
        told,
        templates=uses(),
        renderings=Memo(2),
        english={},
        current=baselines,
        snapshot_ids=dict.fromkeys(answers.snapshots, "now"),
    )


TROUBLE = Notice(RUN.key, "Weekly", Trouble.FAILED, "failed weekly source", Reason.SOURCE, (), 0, NOW)
"""What the operator is told."""


class FixedClock:
    def __init__(self, instant: datetime = NOW) -> None:
        self.instant = instant

    async def now(self) -> datetime:
        return self.instant


class Workdays:
    """No day is a holiday, but for those that are given."""

    def __init__(self, *holidays: date) -> None:
        self.holidays = holidays

    def name(self, calendar: str, day: date) -> str:
        return "a holiday" if day in self.holidays else ""

    def last_year(self, calendar: str) -> int:
        """The calendar XX ends with the year of the tests' clock."""
        return NOW.year if calendar == "XX" else 2100


class Stepped:
    """Slots as far apart as the trigger says, whole steps from the Unix epoch or from its start."""

    def next(self, trigger: Trigger, after: datetime) -> datetime | None:
        slot = every_after(trigger.seconds, trigger.start, after)
        return None if trigger.end is not None and slot >= trigger.end else slot

    def upcoming(self, trigger: Trigger, after: datetime) -> Iterator[datetime]:
        while (slot := self.next(trigger, after)) is not None:
            yield (after := slot)

    def previous(self, trigger: Trigger, before: datetime) -> datetime | None:
        return every_before(trigger.seconds, trigger.start, before)


class Deployed:
    def __init__(self, in_force: Bundle | None) -> None:
        self.in_force = in_force

    async def deployed(self) -> Deployment | None:
        return None if self.in_force is None else Deployment("bundle", NOW)

    async def bundle(self, bundle_id: str) -> Bundle | None:
        return self.in_force

    async def timings(self, bundle_id: str) -> Mapping[str, Any]:
        return {one.id: one for one in self.in_force.schedules.values()} if self.in_force else {}

    async def outgoing(self, bundle_id: str) -> Outgoing:
        return Outgoing() if self.in_force is None else Outgoing(self.in_force.heartbeat, self.in_force.webhooks)


class Emitted:
    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def emit(self, fact: Fact) -> None:
        self.facts.append(fact)


class Audited:
    def __init__(self) -> None:
        self.records: list[AuditRecord] = []

    async def add(self, record: AuditRecord) -> None:
        self.records.append(record)


class NoAlerts:
    """Nothing is remembered of any alert rule."""

    async def memory(self, schedule: str) -> AlertMemory:
        return AlertMemory(schedule, {}, {})


class Published:
    """`runs` and `on_demand` by their queue, `deliveries` of the third."""

    def __init__(self) -> None:
        self.runs, self.on_demand, self.deliveries = list[RunKey](), list[RunKey](), list[DeliveryKey]()

    async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None:
        (self.on_demand if on_demand else self.runs).extend(keys)

    async def deliver(self, keys: Sequence[DeliveryKey]) -> None:
        self.deliveries.extend(keys)


class NoBroker(Published):
    async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None:
        raise BrokerUnavailable("nobody listens")


class KnownRuns:
    """Newest first."""

    def __init__(self, *rows: Run) -> None:
        self.rows = rows

    async def run(self, key: RunKey) -> Run | None:
        return next((row for row in self.rows if row.key == key), None)

    async def runs(self, schedule: str | None, limit: int, before: str = "") -> tuple[Run, ...]:
        return tuple(row for row in self.rows if schedule in {None, row.key.schedule})[:limit]

    async def subscribed(self, run: RunKey) -> Mapping[str, Subscription]:
        return {}


class NothingChosen:
    """No reader chose anything, and every reader has the id of before."""

    async def continued(self, schedule: str) -> Mapping[str, str]:
        return {}

    async def choices(self, schedule: str) -> Mapping[str, Choices]:
        return {}

    async def current(self, schedule: str) -> str:
        return schedule


class Subscribed(NothingChosen):
    """Nobody unsubscribed, and these records are there."""

    def __init__(self, *held: SubscriptionRecord) -> None:
        self.held = held

    async def records(self, schedule: str) -> tuple[SubscriptionRecord, ...]:
        return self.held

    async def schedules(self) -> tuple[str, ...]:
        return tuple({one.schedule for one in self.held})

    async def preferences(self, schedule: str) -> Mapping[str, Preference]:
        return {}


class Reads:
    """Every token says the same."""

    key_id = "key"

    def __init__(self, link: Link | None) -> None:
        self.link = link

    def sign(self, link: Link, key_id: str) -> str:
        return f"{link.purpose} {link.reader.id}"

    def read(self, token: str) -> Link | None:
        return self.link


class Said(Subscribed):
    def __init__(self, *held: SubscriptionRecord, **said: Preference) -> None:
        super().__init__(*held)
        self.said = {f"{name}|{name}@acme.example": one for name, one in said.items()}
        self.made = dict[str, Choices]()

    async def current(self, schedule: str) -> str:
        return {"old": "weekly"}.get(schedule, schedule)

    async def preferences(self, schedule: str) -> Mapping[str, Preference]:
        return self.said

    async def choices(self, schedule: str) -> Mapping[str, Choices]:
        return self.made


class Chosen(Said):
    async def prefer(self, schedule: str, reader: str, preference: Preference) -> bool:
        known = self.said.get(reader)
        if preference.choice is Choice.PAUSED and known is not None and known.choice is Choice.UNSUBSCRIBED:
            raise ClaimLost(reader)
        self.said[reader] = preference
        return True

    async def clear(self, schedule: str, reader: str, choice: Choice) -> bool:
        return reader in self.said and self.said[reader].choice is choice and self.said.pop(reader) is not None


class KnownDeliveries(KnownRuns):
    """Of RUN."""

    def __init__(self, *of_the_run: Delivery) -> None:
        super().__init__(RUN)
        self.of_the_run = of_the_run

    async def delivery(self, key: DeliveryKey) -> Delivery | None:
        return next((row for row in self.of_the_run if row.key == key), None)

    async def deliveries(self, run: RunKey) -> tuple[Delivery, ...]:
        return tuple(row for row in self.of_the_run if row.key.run == run)


class KnownMissed(KnownRuns):
    def __init__(self, *rows: MissedRow) -> None:
        super().__init__()
        self.missed_rows = rows

    async def missed(self, schedule: str | None, limit: int) -> tuple[MissedRow, ...]:
        return tuple(row for row in self.missed_rows if row.schedule == schedule)[:limit]


class Stored:
    """Snapshots by their ids; `rewritten`: ids of those that rows were taken out of."""

    def __init__(self, snapshots: Mapping[str, Snapshot] | None = None, rewritten: Sequence[str] = ()) -> None:
        self.snapshots, self.rewritten = dict(snapshots or {}), rewritten

    async def load(self, snapshot_id: str) -> Snapshot | None:
        return self.snapshots.get(snapshot_id)

    async def forgotten(self, snapshot_id: str) -> bool:
        return snapshot_id in self.rewritten


class Keeping(Stored):
    """Ids count upwards from kept0."""

    async def keep(self, snapshot: Snapshot) -> str:
        name = f"kept{len(self.snapshots)}"
        self.snapshots[name] = snapshot
        return name


class Settled:
    """`outcomes` with the attempt that brought each; `stops`: what was suspended. `lost`: another has the delivery."""

    def __init__(self, *facts: Fact, lost: bool = False) -> None:
        self.facts, self.lost, self.outcomes = facts, lost, list[tuple[int, Outcome]]()
        self.stops = list[Suspension]()

    async def settle(self, key: DeliveryKey, attempt: int, outcome: Outcome, suspension: Any = None) -> Any:
        if self.lost:
            raise ClaimLost(str(key))
        self.outcomes.append((attempt, outcome))
        self.stops += [suspension] if suspension is not None else []
        return self.facts


class Suspends:
    """Each subject once."""

    def __init__(self) -> None:
        self.stopped: dict[str, Suspension] = {}

    async def suspend(self, run: RunKey, suspension: Suspension) -> tuple[Fact, ...]:
        if suspension.subject in self.stopped:
            return ()
        self.stopped[suspension.subject] = suspension
        return (Suspended(run, suspension.subject, suspension.sentence),)


class OneReceiver:
    """A channel's name stands for whom it sends to."""

    def receiver(self, bundle: Bundle, channel: str, address: str | None) -> str:
        return channel


class OneChannel(OneReceiver):
    """Every definition stands for the same channel."""

    def __init__(self, one: object) -> None:
        self.one = one

    def channel(self, bundle: Bundle, channel: str, address: str | None) -> Any:
        return self.one

    def route(self, bundle: Bundle, channel: str, address: str | None) -> str:
        return ""

    def templates(self, bundle: Bundle) -> Any:
        return None


class OpenCircuit:
    """Asks for each of the waits, and then lets messages go."""

    def __init__(self, *waits: float) -> None:
        self.waits, self.heard = list(waits), list[str]()

    async def enter(self, receiver: str) -> float:
        return self.waits.pop(0) if self.waits else 0.0


class Circuit(OpenCircuit):
    """`heard`: what it was told of the receiver."""

    async def answered(self, receiver: str) -> None:
        self.heard.append(f"{receiver} answered")

    async def silent(self, receiver: str, waited: float) -> None:
        self.heard.append(f"{receiver} silent for {waited:g} s")

    async def leave(self, receiver: str) -> None:
        self.heard.append(f"{receiver} left")


class OneQuery(OneChannel):
    """Every query has the same facts."""

    def __init__(self, spec: QuerySpec, one: object = None) -> None:
        super().__init__(one)
        self.spec = spec

    def is_secret(self, holder: str, kind: str, option: str) -> bool:
        return False

    def query(self, bundle: Bundle, query: Query) -> QuerySpec:
        return self.spec


class OneSource(OneQuery):
    def source(self, bundle: Bundle, connection: str) -> Any:
        return uses()

    def account(self, bundle: Bundle, connection: str) -> str:
        return "account"


class Fetches:
    """Answers each query as it is told to, by its id, and never where it is told nothing; `asked`: the questions."""

    def __init__(self, **said: Exception | Answer) -> None:
        self.said, self.asked = said, list[Question]()

    async def answer(self, source: Source, account: str, question: Question) -> Answer:
        self.asked.append(question)
        said = self.said.get(question.item.id) or await asyncio.Future[Answer]()
        if isinstance(said, Exception):
            raise said
        return said


class Takes:
    """Some channels take such an address, by name."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def takes(self, bundle: Bundle, channel: str, address: str) -> bool:
        return channel in self.names


class TwoParts:
    """A channel whose messages have two parts: the run's name, and the receipt of the first."""

    def content(self, request: RenderRequest, templates: Templates) -> str:
        return "content"

    def build(self, content: str, envelope: Envelope) -> tuple[Part, ...]:
        return tuple(Part(n, "piece", f"{n}.txt", f"{content} {n}".encode()) for n in range(2))

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:
        return part.draft + b"".join(one.text.encode() for one in receipts)


class Shown(TwoParts):
    preview_suffix = "txt"

    def preview(self, content: str, address: str) -> PreviewPage:
        return PreviewPage(f"to {address}", content)


class Opened:
    """Every reader is told the same; None: nobody reads it any more."""

    def __init__(self, digest: ReaderDigest | None) -> None:
        self.digest = digest

    def fresh(self) -> Any:
        return self

    async def open(self, row: Delivery, current: Mapping[str, Baseline] | None = None) -> ReaderDigest | None:
        return self.digest


class WithoutClauses:
    def clauses(self, variables: object, *, fired: bool = False) -> tuple[ClauseResult, ...]:
        return ()


class Least(WithoutClauses):
    """Conditions are amounts in minor units: a deal of that much or more is seen; of one without a value nothing is
    known.
    """

    def condition(self, text: str, variables: object) -> "Least":
        self.text, self.compiled = text, getattr(self, "compiled", 0) + 1
        return self

    def names(self, variable: str) -> frozenset[str]:
        return frozenset({"value"})

    def __call__(self, variables: Any) -> bool | None:
        value = variables["row"]["value"]
        return None if value is None else value >= int(self.text)


class AnyAddress:
    """Every text with an @ is an address of every channel."""

    def address(self, bundle: Bundle, channel: str, text: str) -> str | None:
        return text.lower() if "@" in text else None

    def takes(self, bundle: Bundle, channel: str, address: str) -> bool:
        return self.address(bundle, channel, address) is not None

    def refusal(self, bundle: Bundle, channel: str, text: str) -> str:
        return "" if "@" in text else f"found the address {text!r}, expected an @"


class Called:
    """Stands in for the function that does the act: what it was called with, and its answer."""

    def __init__(self, answer: Any = None) -> None:
        self.answer, self.calls = answer, list[tuple[Any, ...]]()

    async def __call__(self, _uses: object, *given: Any, **named: Any) -> Any:
        self.calls.append((*given, *named.values()))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer
