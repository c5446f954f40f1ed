"""One evaluation of a rule whose alerts last: pending, firing, resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluation import Transition
from worker.domain.alert.predicates import Holds, Judgement, Predicates, Variables
from worker.domain.alert.rule import Severity
from worker.domain.alert.state import NOBODY, AlertState, Phase
from worker.domain.alert.subjects import Subjects, facts_of, gone
from worker.domain.alert.transitions import AlertStep, Moment, SubjectAtSlot, beginning, left, step
from worker.domain.alert.withheld import UNTOLD


@dataclass(slots=True)
class RuleStep:
    """What one evaluation found. `alerts`: those that are pending or fire afterwards. `judgements`: as in
    Evaluation.
    """

    alerts: dict[str, AlertState] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    judged: int = 0
    unknown: int = 0
    judgements: dict[str, Judgement] = field(default_factory=dict)


def levels(context: RuleContext, moment: Moment, subjects: Subjects, held: Mapping[str, AlertState]) -> RuleStep:
    """Each subject is judged once, in the order of the answer; then those that are no longer there. Ten thousand may
    begin to fire at once.
    """
    found, remaining, fires, clauses = RuleStep(), dict(held), context.predicates.fires, context.predicates.clauses
    slot, (phase, reason) = moment.slot, beginning(moment)
    for subject, variables in subjects.each():
        found.judged += 1
        before = remaining.pop(subject, None)
        holds = fires(variables) if before is None else _holds(context.predicates, before, variables)
        if before is not None:
            _known(found, context, moment, subjects, (subject, variables), before, holds)
        elif holds:
            facts, severity = subjects.facts(subject), severity_of(context, variables)
            found.alerts[subject] = AlertState(phase, slot, facts, severity, None, None, NOBODY)
            found.transitions.append(Transition(subject, None, phase, facts, slot, severity, reason, "", None, NOBODY))
            if reason is not None:
                found.judgements[subject] = Judgement(clauses, variables, True)
        if holds is None:
            found.unknown += 1
    for subject, before in remaining.items():
        why_left, facts = gone(subjects, subject, before.facts)
        _note(found, subject, before, left(moment, before, why_left), SubjectAtSlot(None, facts, before.severity))
    return found


def _known(
    found: RuleStep,
    context: RuleContext,
    moment: Moment,
    subjects: Subjects,
    one: tuple[str, Variables],
    before: AlertState,
    holds: bool | None,
) -> None:
    subject, variables = one
    if holds is None:
        seen = SubjectAtSlot(None, before.facts, before.severity)
    else:
        last = before.facts if not (moment.changed or before.unknown) else None
        seen = SubjectAtSlot(holds, facts_of(subjects, subject, last), severity_of(context, variables, before))
    done = step(moment, before, seen)
    quiet = before.withheld in UNTOLD and done.after is not None
    fired = bool(holds) and _asks_if(context.predicates, before)
    if quiet or done.reason is not None:
        found.judgements[subject] = Judgement(context.predicates.clauses, variables, fired)
    _note(found, subject, before, done, seen)


def severity_of(context: RuleContext, variables: Variables, held: AlertState | None = None) -> Severity:
    """The highest whose expression holds; that of before where one cannot be judged and none above it holds."""
    if not context.predicates.severities:
        return context.rule.severity
    asked = sorted(context.predicates.severities.items(), key=lambda one: -one[0].rank)
    for severity, holds in asked:
        answer = holds(variables)
        if answer:
            return severity
        if answer is None and held is not None and held.severity is severity:
            return severity
    return context.rule.severity


def _holds(predicates: Predicates, held: AlertState, variables: Variables) -> bool | None:
    """A firing alert asks `until`, where there is one."""
    until: Holds | None = predicates.until
    if until is None or _asks_if(predicates, held):
        return predicates.fires(variables)
    over = until(variables)
    return None if over is None else not over


def _asks_if(predicates: Predicates, held: AlertState) -> bool:
    return predicates.until is None or held.phase is not Phase.FIRING


def _note(found: RuleStep, subject: str, before: AlertState, done: AlertStep, seen: SubjectAtSlot) -> None:
    after = done.after
    if after is not None:
        found.alerts[subject] = after
    now = after.phase if after is not None else None
    if before.phase is now and done.reason is None:
        return
    found.transitions.append(
        Transition(
            subject,
            before.phase,
            now,
            seen.facts,
            (after or before).since,
            seen.severity,
            done.reason,
            done.why,
            before.notified,
            before.readers,
        )
    )
