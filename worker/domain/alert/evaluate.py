"""One evaluation of one rule: a function of the rule, its state and the answer at a slot."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from worker.domain.alert.context import AlertAnswers, RuleContext
from worker.domain.alert.deciding import Deciding, deciding
from worker.domain.alert.evaluation import Evaluation, Skip, Transition
from worker.domain.alert.events import happened
from worker.domain.alert.levels import RuleStep, levels
from worker.domain.alert.no_data import data_back, resumed, without_data
from worker.domain.alert.row_subjects import table_of
from worker.domain.alert.rule import Form
from worker.domain.alert.state import RULE_CHANGED, AlertState, Phase, RuleState
from worker.domain.alert.subject import NO_DATA_SUBJECT
from worker.domain.alert.subjects import subjects_of
from worker.domain.alert.transitions import Moment
from worker.domain.snapshot.snapshot import Gap, Snapshot


def evaluate(
    context: RuleContext,
    state: RuleState,
    slot: datetime,
    answer: Snapshot | Gap | None,
    *,
    snapshot: str = "",
    before: Snapshot | None = None,
    compared: Snapshot | None = None,
) -> Evaluation:
    """`answer`: None for a run that failed without any. `snapshot`: the id under which the answer is stored; it becomes
    the rule's baseline. `before`: the answer that `state.snapshot` names, None if there is none. `compared`: the answer
    for the query's comparison window.

    The same arguments give the same result. A slot that is not later than the last one evaluated changes nothing.
    """
    if state.slot is not None and slot <= state.slot:
        return Evaluation(context.rule.id, slot, state, skipped=Skip.OLDER)
    if not isinstance(answer, Snapshot):
        return without_data(context, state, slot, answer)
    comparable = before is not None and before.fingerprint == answer.fingerprint
    answers = AlertAnswers(answer, before if comparable else None, compared)
    back = data_back(state.alerts.get(NO_DATA_SUBJECT))
    known = resumed(state, slot)
    found = (_events if context.rule.event else _levels)(context, known, slot, answers)
    moved = replace(found.state, meaning=context.rule.meaning(answer.fingerprint), snapshot=snapshot, slot=slot)
    return replace(found, state=moved, transitions=(*back, *found.transitions), last_check=state.slot)


def _levels(context: RuleContext, state: RuleState, slot: datetime, answers: AlertAnswers) -> Evaluation:
    rule, decides = context.rule, decides_of(context)
    held = _alerts(state)
    if rule.form in (Form.ROWS, Form.GROUPS) and table_of(context, answers.now) is None:
        return Evaluation(rule.id, slot, replace(state, alerts=held), unknown=len(held))
    moment = Moment(
        rule,
        slot,
        first=not any(one.phase is Phase.FIRING for one in held.values()),
        changed=state.meaning not in ("", rule.meaning(answers.now.fingerprint)),
        falls=decides is not None and decides.falls,
    )
    found: RuleStep = levels(context, moment, subjects_of(context, answers, decides), held)
    moved = replace(state, alerts=found.alerts)
    return Evaluation(
        rule.id,
        slot,
        moved,
        tuple(found.transitions),
        judged=found.judged,
        unknown=found.unknown,
        judgements=found.judgements,
    )


def _events(context: RuleContext, state: RuleState, slot: datetime, answers: AlertAnswers) -> Evaluation:
    """What a rule over changes remembers of an earlier meaning, under which it had alerts, ends."""
    rule = context.rule
    ended = tuple(_ended(subject, held) for subject, held in _alerts(state).items())
    moved = replace(state, alerts={})
    if state.slot is None or answers.before is None:
        return Evaluation(rule.id, slot, moved, ended, Skip.FIRST_EVENT)
    found = happened(context, slot, subjects_of(context, answers, decides_of(context)), state.events)
    return Evaluation(
        rule.id,
        slot,
        replace(moved, events=found.events),
        (*ended, *found.transitions),
        judged=found.judged,
        unknown=found.unknown,
        judgements=found.judgements,
    )


def _alerts(state: RuleState) -> Mapping[str, AlertState]:
    """Without the rule's own alert that it has no data."""
    return {subject: held for subject, held in state.alerts.items() if subject != NO_DATA_SUBJECT}


def decides_of(context: RuleContext) -> Deciding | None:
    """Read from the clauses as they are written; no subject is needed."""
    rule, predicates = context.rule, context.predicates
    deals = context.traits.lists_opportunities and rule.form in (Form.ROWS, Form.CHANGES) and not rule.table
    return deciding(predicates.clauses({variable: {} for variable in predicates.reads}), money_only=deals)


def _ended(subject: str, held: AlertState) -> Transition:
    return Transition(
        subject, held.phase, None, held.facts, held.since, held.severity, None, RULE_CHANGED, held.notified
    )
