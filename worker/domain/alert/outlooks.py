"""Every subject of a rule in one answer, reported or not, for `explain`."""

from collections.abc import Mapping

from worker.domain.alert.context import AlertAnswers, RuleContext
from worker.domain.alert.evaluate import decides_of
from worker.domain.alert.outlook import Outlook, SubjectStanding, next_of, standing_of
from worker.domain.alert.row_subjects import table_of
from worker.domain.alert.rule import Form
from worker.domain.alert.state import AlertState
from worker.domain.alert.subjects import subjects_of

_ORDER = list(SubjectStanding)[::-1]


def outlooks(context: RuleContext, answers: AlertAnswers, alerts: Mapping[str, AlertState]) -> tuple[Outlook, ...]:
    """Firing subjects first, then those that are pending, unknown and not firing. `alerts`: as of the answer."""
    if context.rule.form in (Form.ROWS, Form.GROUPS) and table_of(context, answers.now) is None:
        return ()
    rule, predicates, decides = context.rule, context.predicates, decides_of(context)
    subjects, falls = subjects_of(context, answers, decides), decides is not None and decides.falls
    found = []
    for subject, variables in subjects.each():
        state, clauses = alerts.get(subject), predicates.clauses(variables)
        holds = predicates.fires(variables)
        standing = standing_of(rule, holds, state)
        coming = next_of(rule, standing, clauses, state, falls=falls)
        until = predicates.until(variables) if predicates.until is not None else None
        facts = state.facts if state is not None else subjects.facts(subject)
        found.append(Outlook(subject, facts, holds, clauses, standing, coming, state, until))
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.standing)))
