"""The subjects of a rule in an answer: the values that its expressions read, and how each subject is shown."""

from collections.abc import Iterator
from typing import Protocol

from worker.domain.alert.change_subjects import ChangeSubjects
from worker.domain.alert.context import AlertAnswers, RuleContext
from worker.domain.alert.deciding import Deciding
from worker.domain.alert.group_subjects import GroupSubjects
from worker.domain.alert.predicates import Variables
from worker.domain.alert.query_subject import QuerySubject
from worker.domain.alert.row_subjects import RowSubjects
from worker.domain.alert.rule import Form
from worker.domain.alert.state import CLEARED
from worker.domain.alert.subject import SubjectFacts


class Subjects(Protocol):
    """Everything in one answer for which a rule has an alert. An event's subject is its row's key."""

    def each(self) -> Iterator[tuple[str, Variables]]:
        """Every subject, with the values of the variables that the rule's expressions read."""
        ...

    def facts(self, subject: str) -> SubjectFacts:
        """Raises KeyError for a subject that is not there."""
        ...


def subjects_of(context: RuleContext, answers: AlertAnswers, decides: Deciding | None = None) -> Subjects:
    """`decides`: which number of a subject its facts hold as the amount."""
    match context.rule.form:
        case Form.ROWS:
            return RowSubjects(context, answers, decides)
        case Form.GROUPS:
            return GroupSubjects(context, answers, decides)
        case Form.CHANGES:
            return ChangeSubjects(context, answers, decides)
        case Form.QUERY:
            return QuerySubject(context, answers, decides)


def facts_of(subjects: Subjects, subject: str, last: SubjectFacts | None) -> SubjectFacts:
    """The facts of a subject. `last`: those at the baseline, None if they are not known; most rows have not changed."""
    if last is not None and isinstance(subjects, RowSubjects) and subjects.unchanged(subject):
        return last
    return subjects.facts(subject)


def gone(subjects: Subjects, subject: str, last: SubjectFacts) -> tuple[str, SubjectFacts]:
    """Why a subject is no longer there, and its facts as far as they are known. `last`: when it was last seen.
    Rows have reasons; a group that is gone has no rows any more.
    """
    return subjects.left(subject, last) if isinstance(subjects, RowSubjects) else (CLEARED, last)
