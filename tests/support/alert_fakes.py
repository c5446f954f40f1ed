"""What the unit tests of flow/alert share: a schedule with a rule, and a memory of alerts without Redis."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.domain.builders import answer, deal
from tests.support.fakes import (
    NOW,
    RUN,
    WEEKLY,
    Audited,
    Deployed,
    Emitted,
    FixedClock,
    Least,
    OneQuery,
    Stored,
    Takes,
    bundle_with,
    uses,
)
from worker.domain.alert.notification import Notification
from worker.domain.alert.rule import Form, Rule, Severity
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import Acknowledgement, AlertState, LastNotification, Phase, RuleState
from worker.domain.alert.subject import Amount, SubjectFacts
from worker.domain.delivery import DeliveryKey, Reader
from worker.domain.run import RunKey
from worker.domain.schedule import Bundle, Schedule
from worker.domain.snapshot.snapshot import Kind, Snapshot
from worker.domain.subscription import SubscriptionRecord
from worker.flow.alert.compiled import Compiled
from worker.flow.alert.evaluate import RunFound
from worker.flow.run.comparison import Answers
from worker.ports import AlertMemory, AlertRecord, Deployment
from worker.ports.kinds import QuerySpec

BIG = Rule("big", "Big deals", Form.ROWS, "deals", "1000")
"""`Least` reads its condition: a deal of 1,000 or more fires."""
WATCHED = replace(WEEKLY, alerts=(BIG,))
SPEC = QuerySpec("opportunities", "", False, (), lists_opportunities=True)
NOTHING = AlertMemory("weekly", {}, {})
LARGE, SMALL = 100_000, 100
"""Cents: 1,000 fires, 1 does not."""


class Connected(OneQuery, Takes):
    """One list of deals, and mail that takes every address with an @."""

    def __init__(self) -> None:
        super().__init__(SPEC)
        self.names = ("mail",)

    def address(self, bundle: Any, channel: str, text: str) -> str | None:
        return text.lower() if "@" in text else None


class Remembered:
    """`memory` of each call in turn, the last one for ever. `gone`: deliveries that never reached anybody."""

    def __init__(self, *memory: AlertMemory, gone: Sequence[DeliveryKey] = (), waits: Any = None) -> None:
        self.all, self.gone, self.waits = list(memory) or [NOTHING], gone, waits or {}

    async def memory(self, schedule: str) -> AlertMemory:
        return self.all.pop(0) if len(self.all) > 1 else self.all[0]

    async def waiting(self, schedule: str, readers: Sequence[Reader]) -> Mapping[DeliveryKey, Notification]:
        return {key: one for key, one in self.waits.items() if key.reader in {reader.id for reader in readers}}


class Ledger(Remembered):
    silenced: tuple[Silence, ...] = ()
    kept: AlertRecord | None = None

    async def silences(self) -> tuple[Silence, ...]:
        return self.silenced

    async def reached(self, deliveries: Sequence[DeliveryKey]) -> frozenset[DeliveryKey]:
        return frozenset(deliveries) - frozenset(self.gone)

    async def record(self, run: RunKey) -> AlertRecord | None:
        return self.kept


class Renamed(Deployed):
    """Deployments, newest first."""

    def __init__(self, *bundles: Bundle) -> None:
        super().__init__(bundles[0] if bundles else None)
        self.bundles = {str(at): one for at, one in enumerate(bundles)}

    async def history(self) -> Sequence[Deployment]:
        return [Deployment(name, NOW) for name in self.bundles]

    async def bundle(self, bundle_id: str) -> Bundle | None:
        return self.bundles.get(bundle_id, self.in_force)


def found(
    *values: int, schedule: Schedule = WATCHED, run: RunKey = RUN.key, operator: str | None = "ops@acme.example"
) -> RunFound:
    """A run that found deals of these values in cents: a, b, c, … Nothing at all: the run failed."""
    snapshots = {"deals": listed(*values, at=run.slot)} if values else {}
    bundle = bundle_with(schedule, operator=operator)
    return RunFound(run, bundle, schedule, Answers(snapshots, {}, ()), dict.fromkeys(snapshots, f"at {run.slot:%H}"))


def listed(*values: int, at: Any = NOW) -> Snapshot:
    return answer([deal(name, value) for name, value in zip("abcdefgh", values, strict=False)], at=at)


def parts(ledger: Any = None, stored: Mapping[str, Snapshot] | None = None, **other: Any) -> Any:
    given = {
        "alerts": ledger or Ledger(),
        "compiled": Compiled(Least()),
        "connectors": Connected(),
        "deliveries": uses(),
        "deployments": Deployed(None),
        "events": Emitted(),
        "snapshots": Stored(stored),
    }
    return uses(**{**given, **other})


class Acted(Ledger):
    """Two deals of BIG fire, and a third is pending; what is done to them is noted."""

    def __init__(self, *silenced: Silence) -> None:
        super().__init__(AlertMemory("weekly", {"big": FIRING}, {}))
        self.silenced, self.acked, self.over = silenced, list[Acknowledgement](), list[str]()

    async def acknowledge(self, schedule: str, ack: Acknowledgement) -> None:
        self.acked.append(ack)

    async def unacknowledge(self, schedule: str, fingerprint: str) -> bool:
        return bool(self.acked)

    async def silence(self, silence: Silence) -> None:
        self.silenced = (*self.silenced, silence)


class Ended(Acted):
    async def expire(self, silence_id: str) -> bool:
        self.over.append(silence_id)
        return True


def _state(key: str, phase: Phase) -> AlertState:
    facts = SubjectFacts(key, f"Deal {key}", Amount(Kind.MONEY, LARGE, "EUR"), "user_1", "Ann")
    last = LastNotification(NOW, facts.amount, Severity.WARNING)
    return AlertState(phase, NOW, facts, notified=last, readers={"alert:team|team@acme.example": str(RUN.key)})


FIRING = RuleState(
    "m",
    "now",
    NOW,
    alerts={key: _state(key, phase) for key, phase in (("a", Phase.FIRING), ("b", Phase.FIRING), ("c", Phase.PENDING))},
)
"""The state of BIG as Acted remembers it."""


def in_force(ledger: Any = None, schedule: Schedule = WATCHED, **other: Any) -> Any:
    """WATCHED is deployed, and what people do is on the audit list."""
    deployed = Deployed(bundle_with(schedule, operator="ops@acme.example"))
    given = {"deployments": deployed, "clock": FixedClock(), "audit": Audited(), **other}
    return parts(ledger or Ended(), **given)


class Ids:
    """Nobody subscribed at run time; one reader has another id now."""

    async def current(self, schedule: str) -> str:
        return schedule

    async def continued(self, schedule: str) -> Mapping[str, str]:
        return {"old|team@acme.example": "team|team@acme.example"}

    async def records(self, schedule: str) -> tuple[SubscriptionRecord, ...]:
        return ()
