"""What became of every reason that a run had to tell of an alert."""

from dataclasses import replace

import pytest

from tests.support.alert_fakes import Ledger, parts
from tests.support.fakes import KEY, NOW, RUN, KnownDeliveries
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.notify import WithheldReason
from worker.domain.alert.state import AlertReason, RuleState, Withheld
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.reason import Reason
from worker.flow.alert.explain import FindingEnd, end_of, explain_run
from worker.ports import AlertRecord

ANN, BEN = (DeliveryKey(RUN.key, f"alert:team|{name}@acme.example") for name in ("ann", "ben"))
SENT = Delivery(ANN, DeliveryState.SENT)


async def test_each_reason_is_told_or_kept_and_the_balance_is_even() -> None:
    kept = (WithheldReason("f3", "big", "c", AlertReason.NEW, Withheld.SILENCED, "s1"),)
    told = {ANN.reader: ("f1", "f2"), BEN.reader: ("f1",)}
    ledger = Ledger()
    ledger.kept = AlertRecord((Evaluation("big", NOW, RuleState()),), told, kept)
    rows = KnownDeliveries(SENT, Delivery(BEN, DeliveryState.DEFERRED))
    made = await explain_run(parts(ledger, lookups=rows), RUN.key)
    assert made is not None
    assert [(one.fingerprint, one.reader, one.end) for one in made.ends] == [
        ("f1", ANN.reader, FindingEnd.SENT),
        ("f2", ANN.reader, FindingEnd.SENT),
        ("f1", BEN.reader, FindingEnd.WAITING),
    ]
    assert (made.balance.fired, made.balance.even) == (4, True)
    assert (made.balance.ends, made.balance.kept) == (
        {FindingEnd.SENT: 2, FindingEnd.WAITING: 1},
        {Withheld.SILENCED: 1},
    )
    assert (made.kept, made.evaluations[0].rule) == (kept, "big")


async def test_a_run_without_rules_has_nothing_to_explain() -> None:
    assert await explain_run(parts(lookups=KnownDeliveries()), RUN.key) is None


@pytest.mark.parametrize(
    ("state", "reason", "arrived", "end"),
    [
        ("sent", None, False, FindingEnd.SENT),
        ("unknown", None, False, FindingEnd.SENT),
        ("pending", None, False, FindingEnd.WAITING),
        ("deferred", Reason.QUIET_HOURS, False, FindingEnd.WAITING),
        ("sending", None, False, FindingEnd.WAITING),
        ("skipped", Reason.SUPERSEDED, False, FindingEnd.CARRIED),
        ("skipped", Reason.SUPERSEDED, True, FindingEnd.SENT),
        ("skipped", Reason.CAPPED, False, FindingEnd.HELD),
        ("skipped", Reason.MUTED, False, FindingEnd.STOPPED),
        ("refused", Reason.REFUSED, False, FindingEnd.STOPPED),
        ("failed", None, False, FindingEnd.STOPPED),
    ],
)
def test_the_state_of_a_delivery_says_what_became_of_it(
    state: str, reason: Reason | None, arrived: bool, end: FindingEnd
) -> None:
    row = replace(SENT, state=DeliveryState(state), reason=reason, may_have_arrived=arrived)
    assert end_of(ANN, row) is end


def test_the_operator_has_no_delivery_of_alerts() -> None:
    assert end_of(DeliveryKey(RUN.key, "alert:operator|ops@acme.example"), None) is FindingEnd.NOTICED
    assert end_of(KEY, None) is FindingEnd.STOPPED
