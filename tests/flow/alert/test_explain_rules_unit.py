"""Where each subject of a rule stood in a run."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.alert_fakes import LARGE, SMALL, Ended, Ledger, in_force, listed
from tests.support.fakes import NOW, RUN, KnownRuns, Stored
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.outlook import Need, SubjectStanding
from worker.domain.alert.state import RuleState
from worker.domain.snapshot.snapshot import GapReason
from worker.errors import NotFound
from worker.flow.alert.explain_rules import explain_rule, explain_rules
from worker.ports import AlertRecord

ANSWERED = replace(RUN, snapshots=(("deals", "now"),))


class Chains:
    async def chain(self, schedule: str, query: str, since: Any) -> tuple[str, ...]:
        return ("now",)


def parts(run: Any = ANSWERED, ledger: Ledger | None = None) -> Any:
    kept = ledger or Ended()
    kept.kept = AlertRecord((Evaluation("big", NOW, RuleState(), last_check=NOW),))
    answers = Stored({"now": listed(LARGE, LARGE, SMALL, SMALL)})
    return in_force(kept, lookups=KnownRuns(run), runs=Chains(), snapshots=answers)


async def test_each_subject_stands_somewhere_and_needs_something() -> None:
    (found,) = await explain_rules(parts(), ANSWERED)
    assert [(one.subject, one.standing, one.next[0].need) for one in found.subjects] == [
        ("a", SubjectStanding.FIRING, Need.END),
        ("b", SubjectStanding.FIRING, Need.END),
        ("c", SubjectStanding.PENDING, Need.TIME),
        ("d", SubjectStanding.QUIET, Need.CONDITION),
    ]
    assert (found.newest, found.gap, sorted(found.alerts)) == (True, None, ["a", "b", "c"])
    assert await explain_rules(parts(), ANSWERED, "other") == ()


async def test_a_run_without_an_answer_says_why() -> None:
    gone = replace(RUN, gaps=(("deals", GapReason.INCOMPLETE.value, "502"),))
    (found,) = await explain_rules(parts(gone), gone)
    assert found.subjects == ()
    assert found.gap is not None
    assert found.gap.sentence == "502"


async def test_a_rule_is_explained_by_the_run_that_evaluated_it_last() -> None:
    found = await explain_rule(parts(), "big", "b")
    assert ([one.subject for one in found.subjects], found.run.key) == (["b"], RUN.key)
    fingerprint = found.alerts["c"].fingerprint
    assert [one.subject for one in (await explain_rule(parts(), "big", fingerprint)).subjects] == ["c"]
    with pytest.raises(NotFound, match="no subject 'x'"):
        await explain_rule(parts(), "big", "x")
    with pytest.raises(NotFound, match="not evaluated yet"):
        await explain_rule(parts(ledger=Ledger()), "big")
