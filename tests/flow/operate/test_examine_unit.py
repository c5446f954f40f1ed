"""What a process that runs long can check."""

from datetime import datetime
from typing import Any

import pytest

from tests.support.fakes import NOW, WEEKLY, Deployed, FixedClock, Workdays, bundle_with, uses
from worker.errors import RequestError
from worker.flow.operate import examine as module
from worker.flow.operate.doctor import CheckResult, Level
from worker.flow.operate.examine import examine
from worker.ports.event_webhooks import WebhookState


def wall() -> datetime:
    return NOW


async def test_everything_in_force_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(*_given: Any) -> list[CheckResult]:
        return [CheckResult("one", Level.OK, "fine")]

    several = (
        "due_ahead",
        "suspensions",
        "processes",
        "connections",
        "channels",
        "mailboxes",
        "subscribed",
        "owners",
        "events_in",
    )
    for name in several:
        monkeypatch.setattr(module, name, found)

    async def silent(*_given: Any) -> list[CheckResult]:
        return [CheckResult("silence", Level.WARN, "it keeps nothing quiet")]

    async def states(_uses: object) -> dict[str, WebhookState]:
        return {"ops": WebhookState(sent=1)}

    monkeypatch.setattr(module, "silences", silent)
    monkeypatch.setattr(module, "webhook_states", states)

    class Alive:
        async def alive(self) -> tuple[Any, ...]:
            return ()

    given = uses(
        alerts=None,
        clock=FixedClock(),
        connectors=None,
        deliveries=None,
        deployments=Deployed(bundle_with(WEEKLY)),
        heartbeats=Alive(),
        holidays=Workdays(),
        links=uses(key_id=""),
        mailboxes=None,
        triggers=None,
    )
    assert [one.what for one in await examine(given, wall)] == [
        "redis",
        "deployment",
        "host clock",
        *["one"] * len(several),
        "webhook ops",
        "silence",
    ]


async def test_without_a_deployment_there_is_nothing_to_look_at() -> None:
    with pytest.raises(RequestError, match="nothing is deployed yet"):
        await examine(uses(deployments=Deployed(None)), wall)
