"""A rule whose query gives no data: after some evaluations in a row, this is a separate alert."""

from dataclasses import replace
from datetime import datetime, timedelta

from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluation import Evaluation, Skip, Transition
from worker.domain.alert.rule import NoData
from worker.domain.alert.state import CLEARED, AlertReason, AlertState, Phase, RuleState
from worker.domain.alert.subject import NO_DATA_SUBJECT, SubjectFacts
from worker.domain.snapshot.snapshot import Gap, GapReason


def without_data(context: RuleContext, state: RuleState, slot: datetime, gap: Gap | None) -> Evaluation:
    """Every alert of the rule stays as it was. A slot counts once; a slot whose result can no longer be known does not
    count.
    """
    rule = context.rule
    if state.missed is not None and slot <= state.missed:
        return Evaluation(rule.id, slot, state, skipped=Skip.OLDER)
    if gap is not None and gap.reason is GapReason.NOT_KNOWABLE:
        return Evaluation(rule.id, slot, state, skipped=Skip.GAP)
    moved = replace(state, missed=slot, missing=state.missing + 1)
    if moved.missing < rule.after or rule.no_data is NoData.OK or NO_DATA_SUBJECT in state.alerts:
        return Evaluation(rule.id, slot, moved, skipped=Skip.GAP, last_check=state.slot)
    facts = SubjectFacts(key=NO_DATA_SUBJECT, name=context.query or rule.query, count=moved.missing)
    began = AlertState(Phase.FIRING, slot, facts, rule.severity)
    alerts = {**state.alerts, NO_DATA_SUBJECT: began}
    said = Transition(NO_DATA_SUBJECT, None, Phase.FIRING, facts, slot, rule.severity, AlertReason.NO_DATA)
    return Evaluation(rule.id, slot, replace(moved, alerts=alerts), (said,), Skip.GAP, last_check=state.slot)


def data_back(held: AlertState | None) -> tuple[Transition, ...]:
    """The end of the alert, where there is one."""
    if held is None:
        return ()
    return (
        Transition(
            NO_DATA_SUBJECT,
            Phase.FIRING,
            None,
            held.facts,
            held.since,
            held.severity,
            AlertReason.DATA_BACK,
            CLEARED,
            held.notified,
            readers=held.readers,
        ),
    )


def resumed(state: RuleState, slot: datetime) -> RuleState:
    """The state as of the first answer after a time without data. The time from the last answer to this one counts
    neither towards `for` nor towards `keep_firing`: nobody knows what happened in it. A slot without data that is later
    than this one still counts.
    """
    if state.missing == 0 or state.missed is None:
        return state
    gone = slot - state.slot if state.slot is not None and state.missed < slot else timedelta()
    alerts = {subject: _later(held, gone) for subject, held in state.alerts.items() if subject != NO_DATA_SUBJECT}
    return replace(state, missing=1 if state.missed > slot else 0, alerts=alerts)


def _later(held: AlertState, gone: timedelta) -> AlertState:
    since = held.since + gone if held.phase is Phase.PENDING else held.since
    clearing = held.clearing + gone if held.clearing is not None else None
    return replace(held, since=since, clearing=clearing) if gone else held
