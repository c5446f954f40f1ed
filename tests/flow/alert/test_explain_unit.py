"""What became of every reason that a run had to tell of an alert."""

from dataclasses import replace

import pytest

from tests.support.alert_fakes import Ledger, parts
from tests.support.fakes import KEY, NOW, RUN, KnownDeliveries
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.notify import Kept
from worker.domain.alert.state import AlertReason, RuleState, Withheld
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.reason import Reason
from worker.flow.alert.explain import Outcome, explain_run, outcome_of
from worker.ports import AlertRecord

ANN, BEN = (DeliveryKey(RUN.key, f"alert:team|{name}@acme.example") for name in ("ann", "ben"))
SENT = Delivery(ANN, DeliveryState.SENT)


async def test_each_reason_is_told_or_kept_and_the_balance_is_even() -> None:
    kept = (Kept("f3", "big", "c", AlertReason.NEW, Withheld.SILENCED, "s1"),)
    told = {ANN.reader: ("f1", "f2"), BEN.reader: ("f1",)}
    ledger = Ledger()
    ledger.kept = AlertRecord((Evaluation("big", NOW, RuleState()),), told, kept)
    rows = KnownDeliveries(SENT, Delivery(BEN, DeliveryState.DEFERRED))
    made = await explain_run(parts(ledger, lookups=rows), RUN.key)
    assert made is not None
    assert [(one.fingerprint, one.reader, one.outcome) for one in made.told] == [
        ("f1", ANN.reader, Outcome.SENT),
        ("f2", ANN.reader, Outcome.SENT),
        ("f1", BEN.reader, Outcome.WAITING),
    ]
    assert (made.balance.fired, made.balance.even) == (4, True)
    assert (made.balance.told, made.balance.kept) == ({Outcome.SENT: 2, Outcome.WAITING: 1}, {Withheld.SILENCED: 1})
    assert (made.kept, made.evaluations[0].rule) == (kept, "big")


async def test_a_run_without_rules_has_nothing_to_explain() -> None:
    assert await explain_run(parts(lookups=KnownDeliveries()), RUN.key) is None


@pytest.mark.parametrize(
    ("state", "reason", "arrived", "outcome"),
    [
        ("sent", None, False, Outcome.SENT),
        ("unknown", None, False, Outcome.SENT),
        ("pending", None, False, Outcome.WAITING),
        ("deferred", Reason.QUIET_HOURS, False, Outcome.WAITING),
        ("sending", None, False, Outcome.WAITING),
        ("skipped", Reason.SUPERSEDED, False, Outcome.CARRIED),
        ("skipped", Reason.SUPERSEDED, True, Outcome.SENT),
        ("skipped", Reason.CAPPED, False, Outcome.HELD),
        ("skipped", Reason.MUTED, False, Outcome.STOPPED),
        ("refused", Reason.REFUSED, False, Outcome.STOPPED),
        ("failed", None, False, Outcome.STOPPED),
    ],
)
def test_the_state_of_a_delivery_says_what_became_of_it(
    state: str, reason: Reason | None, arrived: bool, outcome: Outcome
) -> None:
    row = replace(SENT, state=DeliveryState(state), reason=reason, may_have_arrived=arrived)
    assert outcome_of(ANN, row) is outcome


def test_the_operator_has_no_delivery_of_alerts() -> None:
    assert outcome_of(DeliveryKey(RUN.key, "alert:operator|ops@acme.example"), None) is Outcome.NOTICED
    assert outcome_of(KEY, None) is Outcome.STOPPED
