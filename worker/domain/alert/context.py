"""The inputs of a rule's evaluation, in addition to its states."""

from dataclasses import dataclass

from worker.domain.alert.predicates import Predicates
from worker.domain.alert.rule import Rule, alert_fingerprint
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.snapshot.traits import QueryTraits


@dataclass(frozen=True, slots=True)
class RuleContext:
    """One rule of one schedule, ready to be evaluated. `query`: the id of its query. `watch`: of the
    query (domain.schedule.Query). `kept`: columns that inhibitions compare; they are kept with the subject. `origin`:
    the id that the schedule had when its alerts got their fingerprints, if it was renamed since; `rule_origin`: the
    same of the rule. `source`: the type of the connection that answers the query. `asked`: what is asked there;
    `called`: what readers call it.
    """

    project: str
    schedule: str
    rule: Rule
    predicates: Predicates
    traits: QueryTraits
    query: str = ""
    watch: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()
    origin: str = ""
    source: str = ""
    rule_origin: str = ""
    asked: str = ""
    called: str = ""

    def fingerprint(self, subject: str) -> str:
        return alert_fingerprint(self.project, self.origin or self.schedule, self.rule_origin or self.rule.id, subject)


@dataclass(frozen=True, slots=True)
class AlertAnswers:
    """`before`: the rule's baseline, None if there is none that this answer may be compared with. `compared`: the
    answer for the comparison window of the query.
    """

    now: Snapshot
    before: Snapshot | None = None
    compared: Snapshot | None = None
