"""Looking at the webhooks of events, and having what was given up sent again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.support.fakes import NOW, Audited, Deployed, FixedClock, bundle_with, uses
from worker.domain.access import Actor, Door
from worker.domain.outgoing import EventWebhook
from worker.errors import NotFound, RequestError
from worker.flow.operate.event_webhooks import dead_events, retry_events, webhook_states
from worker.ports.event_webhooks import DeadEvent, WebhookState

OPS = Actor(Door.CLI, "ops@host")
DEAD = DeadEvent("1-0", NOW, b"{}", "HTTP 404")
BUNDLE = replace(bundle_with(), webhooks={"ops": EventWebhook("ops", {}, ("*",))})


class GivenUp:
    async def states(self, names: Sequence[str]) -> Mapping[str, WebhookState]:
        return {name: WebhookState(dead=1) for name in names}

    async def dead(self, name: str, limit: int) -> tuple[DeadEvent, ...]:
        return (DEAD,)[:limit]

    async def retry(self, name: str, event: str) -> int:
        return int(event in {"", "1-0"})


async def test_those_that_are_deployed_are_known() -> None:
    told = uses(deployments=Deployed(BUNDLE), event_webhooks=GivenUp())
    assert await webhook_states(told) == {"ops": WebhookState(dead=1)}
    assert await dead_events(told, "ops", 5) == (DEAD,)
    with pytest.raises(NotFound, match="deployed are: ops"):
        await dead_events(told, "other", 5)
    assert await webhook_states(uses(deployments=Deployed(None), event_webhooks=GivenUp())) == {}


async def test_a_retry_is_on_the_audit_list_and_one_of_nothing_is_refused() -> None:
    audit = Audited()
    told = uses(deployments=Deployed(BUNDLE), event_webhooks=GivenUp(), audit=audit, clock=FixedClock())
    assert await retry_events(told, OPS, "ops", "") == 1
    assert [(one.act, one.subject, one.after) for one in audit.records] == [("webhooks retry", "ops", {"events": "1"})]
    with pytest.raises(RequestError, match="no event that was given up with the id 2-0"):
        await retry_events(told, OPS, "ops", "2-0")
    assert len(audit.records) == 1
