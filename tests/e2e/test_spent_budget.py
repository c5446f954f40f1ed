"""A day's budget of requests is spent at work: a real clock, a real worker, and mails to the operator."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.e2e.test_a_week_of_alerts import to
from tests.support.installation import Installation, installation
from worker.domain.run import CLOSED, Run
from worker.domain.snapshot.snapshot import GapReason
from worker.flow.services import Services

PROJECT = """
project: acme
connections: {close: {type: sandbox}, pipedrive: {type: sandbox-pipedrive}}
channels: {mail: {type: sandbox}}
defaults: {timezone: Europe/Berlin, operator: ops@acme.example}
"""
OFTEN = """
name: Two services
when: {every: 3s}
report:
  - id: deals
    source: close
    query: opportunities
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}
  - id: stalled
    source: pipedrive
    query: stalled_deals
    params: {pipeline_id: 1}
to:
  - {id: team, channel: mail, address: sales@acme.example, send: on_change}
"""
ENOUGH = 300_000
FOR_A_RUN_OR_TWO = 400
"""Tokens. The workers count them and leave a tenth for runs on demand, so that the service need not refuse anything."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "acme", project=PROJECT, schedules={}) as everything:
        yield everything


def runs(here: Installation) -> list[Run]:
    """Those that are over, oldest first."""

    async def look(services: Services) -> list[Run]:
        return [run for run in await services.lookups.runs("often", 100) if run.state in CLOSED]

    return sorted(here.ask(look), key=lambda run: run.key.slot)


def is_late(run: Run) -> bool:
    """Whether its time was over before a service had answered, which a busy machine may do to it."""
    return GapReason.DEADLINE in {reason for _, reason, _ in run.gaps}


def has_budget(run: Run) -> bool:
    """Whether the second service answered. Nothing else goes wrong."""
    assert {reason for _, reason, _ in run.gaps} <= {GapReason.RATE_LIMITED}, run.gaps
    return not run.gaps


def told(here: Installation) -> list[tuple[str, str]]:
    return to("ops@acme.example", here.box.call(lambda box: box.outbox.of("eml")))


def more_runs(here: Installation, count: int, *, answered: bool) -> None:
    """Until so many further runs in a row ended like this."""
    seen = len(runs(here))

    def look() -> bool | None:
        found = [has_budget(run) for run in runs(here)[seen:] if not is_late(run)]
        return True if found[-count:] == [answered] * count else None

    here.until(look)


def next_day(here: Installation) -> None:
    """The service counts anew. What Redis keeps until then expires at once, because its clock cannot be set."""
    here.box.call(lambda box: box.pipedrive.limit.set(400, 2.0, tokens=ENOUGH))
    with redis.Redis.from_url(here.redis.url) as client:
        kept = list(client.scan_iter("acme:quota:*"))
        assert kept
        for name in kept:
            client.pexpire(name, 1)


def test_the_operator_is_told_once_that_a_budget_is_spent_and_once_that_it_is_enough_again(here: Installation) -> None:
    here.write("often", OFTEN)
    here.deploy()
    more_runs(here, 1, answered=True)
    assert told(here) == []

    here.box.call(lambda box: box.pipedrive.limit.set(400, 2.0, tokens=FOR_A_RUN_OR_TWO))
    more_runs(here, 2, answered=False)
    here.until(lambda: told(here) or None)
    more_runs(here, 1, answered=False)
    [(subject, text)] = told(here)
    assert subject.startswith("Budget spent: Two services, ")
    assert "stalled: " in text

    next_day(here)
    more_runs(here, 2, answered=True)
    here.until(lambda: told(here)[1:] or None)
    more_runs(here, 1, answered=True)
    assert [one.partition(":")[0] for one, _ in told(here)] == ["Budget spent", "Over"]
    assert "The budget of requests is enough again." in told(here)[1][1]
