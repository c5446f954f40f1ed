"""Where a subject stands, and what would change it."""

from datetime import datetime, timedelta

import pytest

from worker.domain.alert.evaluation import Evaluation, Transition
from worker.domain.alert.outlook import Need, Next, SubjectStanding, next_of, standing_of, unknown_values
from worker.domain.alert.past_state import alerts_at
from worker.domain.alert.rule import ChangeKind, Form, Rule, Severity
from worker.domain.alert.state import AlertReason, AlertState, LastNotification, Phase, RuleState
from worker.domain.alert.subject import Amount, ClauseResult, Operand, SubjectFacts
from worker.domain.snapshot.snapshot import Kind

SLOT = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
HOUR = timedelta(hours=1)
RULE = Rule("big", "Big", Form.ROWS, "deals", "row.value >= 5", pending=7200, keep_firing=3600, repeat=86_400)
EVENT = Rule("new", "New", Form.CHANGES, "deals", "true", change=ChangeKind.ADDED)
FACTS = SubjectFacts("a", "A")
NO = ClauseResult("row.value >= 5", False, (Operand("row.value", Kind.INT, 3),))
UNKNOWN = ClauseResult("row.value >= 5", None, (Operand("row.value", Kind.INT, None), Operand("row.x", Kind.INT, 1)))


def firing(value: float = 100, clearing: datetime | None = None, phase: Phase = Phase.FIRING) -> AlertState:
    last = LastNotification(SLOT, Amount(Kind.MONEY, value, "EUR"), Severity.WARNING)
    return AlertState(phase, SLOT, FACTS, clearing=clearing, notified=last)


@pytest.mark.parametrize(
    ("holds", "state", "rule", "standing"),
    [
        (True, firing(), RULE, SubjectStanding.FIRING),
        (None, firing(), RULE, SubjectStanding.FIRING),
        (False, firing(clearing=SLOT), RULE, SubjectStanding.CLEARING),
        (True, firing(phase=Phase.PENDING), RULE, SubjectStanding.PENDING),
        (None, None, RULE, SubjectStanding.UNKNOWN),
        (False, None, RULE, SubjectStanding.QUIET),
        (True, None, RULE, SubjectStanding.HELD),
        (True, None, EVENT, SubjectStanding.HAPPENED),
    ],
)
def test_where_a_subject_stands(
    holds: bool | None, state: AlertState | None, rule: Rule, standing: SubjectStanding
) -> None:
    assert standing_of(rule, holds, state) is standing


def test_what_changes_it() -> None:
    assert next_of(RULE, SubjectStanding.QUIET, (NO,), None) == (Next(Need.CONDITION, ("row.value >= 5",)),)
    assert next_of(RULE, SubjectStanding.UNKNOWN, (UNKNOWN,), None) == (Next(Need.VALUES, ("row.value",)),)
    assert next_of(RULE, SubjectStanding.PENDING, (), firing()) == (Next(Need.TIME, at=SLOT + 2 * HOUR),)
    assert next_of(RULE, SubjectStanding.CLEARING, (), firing(clearing=SLOT)) == (Next(Need.CLEARED, at=SLOT + HOUR),)
    assert next_of(RULE, SubjectStanding.HELD, (), None) == ()
    assert unknown_values((NO, UNKNOWN)) == ("row.value",)


@pytest.mark.parametrize(
    ("value", "falls", "reached"),
    [(100, False, 110), (105, False, 116), (105, True, 94), (-5, True, -6), (0.5, False, 0.55)],
)
def test_a_firing_alert_is_told_again_when_it_is_worse_and_in_time(value: float, falls: bool, reached: float) -> None:
    end, worse, repeat = next_of(RULE, SubjectStanding.FIRING, (), firing(value), falls=falls)
    assert end == Next(Need.END, ("row.value >= 5",))
    assert worse.amount is not None
    assert worse.amount.value == pytest.approx(reached)
    assert repeat == Next(Need.REPEAT, at=SLOT + 24 * HOUR)


def test_alerts_of_an_earlier_evaluation_are_those_that_are_still_known() -> None:
    later = AlertState(Phase.FIRING, SLOT + HOUR, FACTS)
    now = RuleState(slot=SLOT + HOUR, alerts={"a": firing(), "b": later, "c": firing()})
    ended = Transition("c", Phase.FIRING, None, FACTS, SLOT, Severity.WARNING, AlertReason.RESOLVED)
    began = Transition("d", None, Phase.FIRING, FACTS, SLOT, Severity.WARNING, AlertReason.NEW)
    made = Evaluation("big", SLOT, RuleState(), (ended, began))
    assert sorted(alerts_at(now, made, SLOT)) == ["a", "d"]
    assert sorted(alerts_at(now, None, SLOT)) == ["a", "c"]
    assert alerts_at(now, made, SLOT + HOUR) == now.alerts
