"""Acts on the project itself: done, and then on the audit list, without a value that is not ours to keep."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.fakes import RUN, WEEKLY, Audited, Called, FixedClock, bundle_with, uses
from worker.domain.access import Actor, Door
from worker.errors import RequestError
from worker.flow.operate.bounces import Followed
from worker.flow.operate.upkeep_acts import DeployAct, deploy_definitions, report_bounces, reset_baselines

CI = Actor(Door.API, "ci")
HERE = "worker.flow.operate.upkeep_acts."
PLAN: Any = SimpleNamespace(schedule="weekly", changes=(1, 2), run=RUN.key)
CHANGES = SimpleNamespace(
    added=("b", "c"), changed=("a",), removed=(), renamed=(), basis=SimpleNamespace(bundle="b" * 64)
)


def parts() -> Any:
    return uses(audit=Audited(), clock=FixedClock())


def recorded(here: Any) -> list[tuple[str, str, dict[str, str]]]:
    return [(one.act, one.subject, dict(one.after)) for one in here.audit.records]


def deployed() -> Any:
    return SimpleNamespace(bundle="a" * 64), CHANGES


async def test_a_deployment_is_recorded_with_what_it_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    here, answer = parts(), deployed()
    monkeypatch.setattr(f"{HERE}deploy", lambda _bundle, _uses, _upon, _owner: Called(answer)(None))
    assert await deploy_definitions(here, CI, bundle_with(WEEKLY)) == answer
    after = {"bundle": "a" * 12, "schedules": "2 added, 1 changed"}
    assert recorded(here) == [("deploy", bundle_with(WEEKLY).project, after)]
    assert here.audit.records[0].before == {"bundle": "b" * 12}


async def test_a_rollback_is_recorded_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    here, answer = parts(), deployed()
    monkeypatch.setattr(f"{HERE}deploy", lambda _bundle, _uses, _upon, _owner: Called(answer)(None))
    await deploy_definitions(here, CI, bundle_with(WEEKLY), act=DeployAct.ROLLBACK)
    assert [one.act for one in here.audit.records] == ["rollback"]


async def test_a_reset_is_recorded_with_what_is_compared_with(monkeypatch: pytest.MonkeyPatch) -> None:
    here = parts()
    monkeypatch.setattr(f"{HERE}reset", Called(()))
    assert await reset_baselines(here, CI, PLAN) == ()
    assert recorded(here) == [("baselines reset", "weekly", {"baselines": "2", "compared with": str(RUN.key)})]


def bounced() -> Any:
    return (SimpleNamespace(followed=Followed.SUSPENDED),) * 2


async def test_bounces_are_recorded_with_what_followed_and_without_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    here, results = parts(), bounced()
    monkeypatch.setattr(f"{HERE}suspend_bounced", Called(results))
    reports: Any = ("a", "b")
    assert await report_bounces(here, CI, reports) == results
    assert recorded(here) == [("bounces", "2 reports", {"suspended": "2"})]


async def test_what_is_refused_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    here = parts()
    monkeypatch.setattr(f"{HERE}reset", Called(RequestError("no")))
    with pytest.raises(RequestError):
        await reset_baselines(here, CI, PLAN)
    assert recorded(here) == []
