"""What moved between any two runs."""

from dataclasses import replace
from typing import Any

import pytest

from tests.domain.builders import answer, deal
from tests.support.fakes import HOUR, NOW, RUN, WEEKLY, Deployed, OneQuery, Stored, bundle_with, uses
from worker.domain.run import RunKey
from worker.errors import RequestError
from worker.flow.operate.between_runs import between_runs
from worker.ports.kinds import QuerySpec

LIST = QuerySpec("opportunities", "", False, (), lists_opportunities=True)
OLD = replace(RUN, key=RunKey("weekly", NOW - HOUR), snapshots=(("deals", "old"),))
NEW = replace(RUN, snapshots=(("deals", "new"),))
BEFORE, AFTER = answer([deal("a", 100), deal("b", 50)], at=NOW - HOUR), answer([deal("a", 300), deal("c", 70)])


def parts(bridge: str | None = "deals", **snapshots: Any) -> Any:
    deployed = Deployed(bundle_with(replace(WEEKLY, bridge=bridge)))
    return uses(connectors=OneQuery(LIST), deployments=deployed, snapshots=Stored(snapshots))


@pytest.mark.parametrize("given", [(OLD, NEW), (NEW, OLD)], ids=["in order", "turned round"])
async def test_the_bridge_leads_from_the_older_run_to_the_newer(given: Any) -> None:
    found = await between_runs(parts(old=BEFORE, new=AFTER), *given)
    assert found is not None
    assert [(terms.opening, terms.closing) for terms in found.terms] == [(150, 370)]


@pytest.mark.parametrize(
    "given",
    [parts(None, old=BEFORE, new=AFTER), parts(old=BEFORE), parts(new=AFTER)],
    ids=["no bridge is asked for", "its answer is gone", "the past is gone"],
)
async def test_without_two_answers_to_one_list_there_is_none(given: Any) -> None:
    assert await between_runs(given, OLD, NEW) is None


async def test_runs_of_two_schedules_are_not_compared() -> None:
    other = replace(OLD, key=RunKey("daily", NOW))
    with pytest.raises(RequestError, match="different schedules"):
        await between_runs(parts(old=BEFORE, new=AFTER), other, NEW)
