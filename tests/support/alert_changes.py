"""What alert rules change, as flow hands it to the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.support.ledger_fixture import SLOT, WEEKLY
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.notification import Finding, Notification, RuleShown
from worker.domain.alert.rule import Severity
from worker.domain.alert.state import AlertReason, AlertState, LastNotification, Phase, RuleState
from worker.domain.alert.subject import Amount, SubjectFacts
from worker.domain.delivery import DeliveryKey, Reader
from worker.domain.run import RunKey
from worker.domain.snapshot.snapshot import Kind
from worker.ports import AlertChanges, AlertRecord

LATER = datetime(2126, 1, 1, tzinfo=SLOT.tzinfo)
ANN_ALERTS = Reader(WEEKLY, "alert:team", "ann@tern.example")
BEN_ALERTS = Reader(WEEKLY, "alert:team", "ben@tern.example")


def facts(key: str = "oppo_1", cents: int = 80_000_00) -> SubjectFacts:
    return SubjectFacts(key, f"Deal {key}", Amount(Kind.MONEY, cents, "EUR"), "user_1", "Ann", "Proposal")


def firing(key: str = "oppo_1", since: datetime = SLOT) -> AlertState:
    told = LastNotification(since, facts(key).amount, Severity.WARNING)
    return AlertState(Phase.FIRING, since, facts(key), notified=told, readers={ANN_ALERTS.id: f"{WEEKLY}@{since}"})


def rule_state(*keys: str, version: int = 0, snapshot: str = "", slot: datetime = SLOT) -> RuleState:
    return RuleState("meaning", snapshot, slot, alerts={key: firing(key, slot) for key in keys}, version=version)


def finding(key: str = "oppo_1", at: datetime = SLOT, reason: AlertReason = AlertReason.NEW) -> Finding:
    return Finding(f"{abs(hash(key)):016x}", "big", reason, facts(key), Severity.WARNING, at, at)


def notification(run: RunKey, *keys: str) -> Notification:
    shown = RuleShown("big", "A big deal stalls", "row.value > 50000", "Stalled deals")
    return Notification(
        run, "Weekly", run.slot, run.slot, (shown,), tuple(finding(key, run.slot) for key in keys or ("oppo_1",))
    )


def changes(
    run: RunKey,
    states: Mapping[str, RuleState] | None = None,
    told: Sequence[Reader] = (ANN_ALERTS,),
    carried: Sequence[DeliveryKey] = (),
    **more: Any,
) -> AlertChanges:
    written = {"big": rule_state("oppo_1", slot=run.slot)} if states is None else states
    found = tuple(Evaluation(rule, run.slot, state, judged=2) for rule, state in written.items())
    shared = notification(run)
    return AlertChanges(written, AlertRecord(found), LATER, dict.fromkeys(told, shared), carried, **more)


def soon(moment: datetime) -> datetime:
    return moment + timedelta(minutes=1)
