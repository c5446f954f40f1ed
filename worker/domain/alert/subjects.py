"""The subjects of a rule in an answer: what its expressions read of each, and how each is shown."""

from collections.abc import Iterator
from typing import Protocol

from worker.domain.alert.change_subjects import ChangeSubjects
from worker.domain.alert.context import Answers, RuleContext
from worker.domain.alert.deciding import Deciding
from worker.domain.alert.group_subjects import GroupSubjects
from worker.domain.alert.predicates import Variables
from worker.domain.alert.query_subject import QuerySubject
from worker.domain.alert.row_subjects import RowSubjects
from worker.domain.alert.rule import Form
from worker.domain.alert.state import CLEARED
from worker.domain.alert.subject import SubjectFacts


class Subjects(Protocol):
    """All that a rule has an alert for in one answer. An event's subject is its row's key."""

    def each(self) -> Iterator[tuple[str, Variables]]:
        """Every subject, with the values of the variables that the rule's expressions read."""
        ...

    def facts(self, subject: str, decides: Deciding | None) -> SubjectFacts:
        """Raises KeyError for a subject that is not there."""
        ...


def subjects_of(context: RuleContext, answers: Answers) -> Subjects:
    match context.rule.form:
        case Form.ROWS:
            return RowSubjects(context, answers)
        case Form.GROUPS:
            return GroupSubjects(context, answers)
        case Form.CHANGES:
            return ChangeSubjects(context, answers)
        case Form.QUERY:
            return QuerySubject(context, answers)


def gone(subjects: Subjects, subject: str, last: SubjectFacts, decides: Deciding | None) -> tuple[str, SubjectFacts]:
    """Why a subject is no longer there, and its facts as far as they are known. `last`: when it was last seen.
    Rows have reasons; a group that is gone has no rows any more.
    """
    return subjects.left(subject, last, decides) if isinstance(subjects, RowSubjects) else (CLEARED, last)
