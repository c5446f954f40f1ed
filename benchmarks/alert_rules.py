"""An alert rule over a list, against a bare loop over the same compiled expression: processor time, from answers in
memory.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from benchmarks.measure import Figure, Progress, Result, Verdict, compared, in_turns
from benchmarks.tables import AFTER, BEFORE, deals
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.redis_store.snapshot_codec import decode_table, encode_table
from worker.collector import collect_rarely
from worker.domain.alert.context import AlertAnswers, RuleContext
from worker.domain.alert.evaluate import evaluate
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.predicates import Predicates
from worker.domain.alert.rule import Form, Rule
from worker.domain.alert.state import RuleState
from worker.domain.alert.subjects import subjects_of
from worker.domain.alert.variables import variables_of
from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.snapshot.snapshot import Snapshot, Table
from worker.domain.snapshot.traits import QueryTraits
from worker.domain.snapshot.values import KEY

AIM = 3
AT_ONCE = "everything fires at once"
"""Each of 10,000 rows gets a state, a finding and its facts, which the bare loop does not make."""
TOLD = "rule, and all is told"
"""Then its clauses are made, too. No aim: 10,000 alerts of one run are the exception, and somebody silences them."""
UNIT = "ms"
ROW = {column.name: column.kind for column in (KEY, *COLUMNS)}
CASES = {
    "a value": "row.value >= 50000",
    "with the baseline": "row.value >= 50000 && (was == null || was.stage_id != row.stage_id)",
}


@dataclass(frozen=True, slots=True)
class Sizes:
    rows: int
    rounds: int


FULL = Sizes(10_000, 5)
QUICK = Sizes(10_000, 3)
TINY = Sizes(200, 2)


class Judged:
    """One rule, evaluated once before, so that what fires goes on."""

    def __init__(self, condition: str, before: Snapshot, now: Snapshot) -> None:
        rule = Rule("rule", "Rule", Form.ROWS, "deals", condition)
        variables = variables_of(rule, ROW)
        self._compiled = CelExpressions().condition(condition, variables)
        reads = {name: self._compiled.names(name) for name in variables}
        predicates = Predicates(self._compiled, self._compiled.clauses, reads=reads)
        self.context = RuleContext("project", "watch", rule, predicates, QueryTraits(lists_opportunities=True))
        self._before, self._now = before, now
        self._state = evaluate(self.context, RuleState(), BEFORE, before, snapshot="before").state
        self._given = [given for _, given in subjects_of(self.context, AlertAnswers(now, before)).each()]
        self.firing = len(self._state.alerts)

    def evaluated(self) -> Evaluation:
        """The rule's first evaluation."""
        return evaluate(self.context, RuleState(), AFTER, self._now)

    def bare(self) -> float:
        return timed_work(lambda: [self._compiled(given) for given in self._given])

    def at_once(self) -> float:
        """Every row fires that ever will."""
        return timed_work(self.evaluated)

    def told(self) -> float:
        """The same, as the finding of a first reader reads it."""

        def work() -> None:
            found = self.evaluated()
            for one in found.transitions:
                found.clauses(one.subject)

        return timed_work(work)

    def rule(self) -> float:
        return timed_work(lambda: evaluate(self.context, self._state, AFTER, self._now, before=self._before))


def run(sizes: Sizes, progress: Progress) -> Result:
    collect_rarely()  # as a worker does, for the rule and for the bare loop
    before, now = answered(sizes.rows)
    figures, verdicts = list[Figure](), list[Verdict]()
    for case, condition in CASES.items():
        judged = Judged(condition, before, now)
        found = in_turns({"bare loop": judged.bare, "rule": judged.rule}, sizes.rounds, progress, case)
        note = f"{judged.firing} of {sizes.rows} fire"
        made = {who: Figure(case, who, UNIT, samples, note) for who, samples in found.items()}
        figures += made.values()
        what = f"a rule over rows to a bare loop, {case}"
        verdicts.append(compared(what, made["rule"], made["bare loop"], AIM, at_least=False))
    judged = Judged("row.value >= 0", before, now)
    work = {"bare loop": judged.bare, "rule": judged.at_once, TOLD: judged.told}
    found = in_turns(work, sizes.rounds, progress, AT_ONCE)
    note = f"{judged.firing} of {sizes.rows} fire"
    both = {who: Figure(AT_ONCE, who, UNIT, samples, note) for who, samples in found.items()}
    what = f"a rule over rows to a bare loop, {AT_ONCE}"
    verdicts.append(compared(what, both["rule"], both["bare loop"], AIM, at_least=False))
    return Result("alert_rules", (*figures, *both.values()), tuple(verdicts))


def answered(rows: int) -> tuple[Snapshot, Snapshot]:
    """Two answers to one query, as they are stored and read again."""
    was, now, _ = (decode_table(encode_table(one).body) for one in deals(rows, 20))
    return _answer(was, BEFORE), _answer(now, AFTER)


def _answer(listed: Table, at: datetime) -> Snapshot:
    members = frozenset(row.key for row in listed.rows)
    return Snapshot("deals", "fingerprint", None, at, (at, at), tables=(listed,), members=members, main=listed.id)


def timed_work(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000
