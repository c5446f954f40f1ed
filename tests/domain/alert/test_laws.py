"""Laws of evaluation over generated histories."""

import pickle
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings

from tests.domain.alert.generated import Slot, contexts, slots
from tests.domain.alert.histories import History, at, over, under
from worker.domain.alert.context import RuleContext
from worker.domain.alert.deciding import is_worse
from worker.domain.alert.evaluation import Evaluation, Transition
from worker.domain.alert.state import CLEARED, AlertReason, AlertState, Phase, RuleState
from worker.domain.alert.subject import NO_DATA_SUBJECT
from worker.domain.snapshot.record import Record
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.snapshot.values import values

Told = tuple[RuleState, Slot, Evaluation]


def play(context: RuleContext, history: list[Slot], *, restarts: bool = False) -> list[Told]:
    """Every step with the state before it."""
    rule, made = History(context), list[Told]()
    for slot in history:
        if restarts:
            rule.state = pickle.loads(pickle.dumps(rule.state))  # noqa: S301
        before = rule.state
        made.append((before, slot, rule.answer(slot.minutes, slot.answer)))
    return made


def holds(context: RuleContext, slot: Slot, subject: str, phase: Phase | None) -> bool | str | None:
    """What the rule says of a deal, from its definition alone: "gone" if it is not listed."""
    assert isinstance(slot.answer, Snapshot)
    assert slot.answer.rows is not None
    row = slot.answer.rows.by_key().get(subject)
    if row is None:
        return "gone"
    cells = values(Record(subject, slot.answer.rows.record(row)), slot.answer.rows.columns, ("value",))
    if phase is Phase.FIRING and context.predicates.until is not None:
        ended = under(400)({"row": cells})
        return None if ended is None else not ended
    return over(500)({"row": cells})


def phase(state: RuleState, subject: str) -> Phase | None:
    held = state.alerts.get(subject)
    return held.phase if held is not None else None


@given(contexts, slots())
@settings(max_examples=80, deadline=None)
def test_every_step_of_every_alert_is_a_row_of_the_table(context: RuleContext, history: list[Slot]) -> None:
    for before, slot, done in play(context, history):
        if done.skipped is not None:
            continue
        said = {one.subject: one for one in done.transitions}
        for subject in {*before.alerts, *done.state.alerts, *said} - {NO_DATA_SUBJECT}:
            was, now = phase(before, subject), phase(done.state, subject)
            _is_a_row(context, before, done, subject, (was, now), holds(context, slot, subject, was), said.get(subject))


def _is_a_row(
    context: RuleContext,
    before: RuleState,
    done: Evaluation,
    subject: str,
    step: tuple[Phase | None, Phase | None],
    says: bool | str | None,
    said: Transition | None,
) -> None:
    rule, reason = context.rule, said.reason if said is not None else None
    fired = any(one.phase is Phase.FIRING and key != NO_DATA_SUBJECT for key, one in before.alerts.items())
    began = AlertReason.NEW if fired else AlertReason.FIRST
    match step:
        case (None, Phase.PENDING):
            assert (says, bool(rule.pending), reason) == (True, True, None)
        case (None, Phase.FIRING):
            assert (says, rule.pending, reason) == (True, 0, began)
        case (Phase.PENDING, Phase.FIRING):
            assert (says, reason) == (True, began)
            assert done.slot - before.alerts[subject].since >= timedelta(seconds=rule.pending)
        case (Phase.PENDING, Phase.PENDING):
            assert (says in (True, None), reason) == (True, None)
        case (Phase.PENDING, None):
            assert (says in (False, "gone"), reason) == (True, None)
        case (Phase.FIRING, None):
            assert said is not None
            assert reason is AlertReason.RESOLVED
            assert (says is False and said.why == CLEARED) or (says == "gone" and said.why != CLEARED)
        case (Phase.FIRING, Phase.FIRING):
            assert says in (True, None) or rule.keep_firing
            assert reason in (None, AlertReason.WORSE, AlertReason.REPEAT)
        case _:
            raise AssertionError(step)


@given(contexts, slots())
@settings(max_examples=30, deadline=None)
def test_a_gap_changes_no_alert(context: RuleContext, history: list[Slot]) -> None:
    for before, slot, done in play(context, history):
        if not isinstance(slot.answer, Snapshot):
            assert _alerts(done.state) == _alerts(before)
            assert (done.state.slot, done.state.snapshot) == (before.slot, before.snapshot)
            assert {one.subject for one in done.transitions} <= {NO_DATA_SUBJECT}


@given(contexts, slots())
@settings(max_examples=30, deadline=None)
def test_nothing_is_told_without_a_change_or_an_elapsed_interval(context: RuleContext, history: list[Slot]) -> None:
    for before, _, done in play(context, history):
        for one in done.transitions:
            held = before.alerts.get(one.subject)
            if one.reason is AlertReason.REPEAT:
                assert held is not None
                assert held.told is not None
                assert context.rule.repeat is not None
                assert done.slot - held.told.slot >= timedelta(seconds=context.rule.repeat)
            elif one.reason is AlertReason.WORSE:
                assert held is not None
                assert held.told is not None
                assert is_worse(one.facts.amount, one.severity, held.told, falls=False)
            else:
                assert one.before is not one.after


@given(contexts, slots())
@settings(max_examples=30, deadline=None)
def test_a_history_with_restarts_gives_the_same(context: RuleContext, history: list[Slot]) -> None:
    assert play(context, history) == play(context, history, restarts=True)


@given(contexts, slots())
@settings(max_examples=30, deadline=None)
def test_slots_only_go_forward_and_a_slot_counts_once(context: RuleContext, history: list[Slot]) -> None:
    seen = at(-1)
    for before, slot, done in play(context, history):
        if before.slot is not None and at(slot.minutes) <= before.slot:
            assert (done.state, done.transitions) == (before, ())
        if done.state.slot is not None:
            assert done.state.slot >= seen
            seen = done.state.slot


@given(contexts, slots())
@settings(max_examples=30, deadline=None)
def test_gaps_in_between_change_no_reason_but_those_of_elapsed_time(context: RuleContext, history: list[Slot]) -> None:
    """Without `for` and `keep_firing` the answers alone decide what is told."""
    timeless = replace(context, rule=replace(context.rule, pending=0, keep_firing=0))
    whole, known = History(timeless), History(timeless)
    for slot in history:
        whole.answer(slot.minutes, slot.answer)
        if isinstance(slot.answer, Snapshot):
            known.answer(slot.minutes, slot.answer)
    assert [one for one in whole.said if one[1] != NO_DATA_SUBJECT] == known.said


def _alerts(state: RuleState) -> dict[str, AlertState]:
    return {subject: one for subject, one in state.alerts.items() if subject != NO_DATA_SUBJECT}
