"""Registering webhooks: what is missing is registered once, its secret is kept, and nothing is done in vain."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.support.fakes import WEEKLY, Audited, FixedClock, bundle_with, uses
from worker.domain.access import Actor, Door
from worker.domain.schedule import EventTrigger
from worker.errors import NotFound, RequestError
from worker.flow.operate.register_webhooks import (
    events_waited_for,
    hook_url,
    register_webhooks,
    unregister_webhook,
)
from worker.ports.webhook_keys import RegisteredWebhook

OPS = Actor(Door.CLI, "ops@host")
URL = "https://beat.acme.example/hooks/crm"
OURS = RegisteredWebhook("1", URL, ("deal.updated",))
FOREIGN = RegisteredWebhook("2", "https://other.example/", ("deal.updated", "deal.created"))


class Service:
    def __init__(self, *there: RegisteredWebhook) -> None:
        self.there = list(there)

    async def webhooks(self) -> tuple[RegisteredWebhook, ...]:
        return tuple(self.there)

    async def add_webhook(self, url: str, events: Sequence[str]) -> tuple[tuple[RegisteredWebhook, str], ...]:
        self.there.append(made := RegisteredWebhook("9", url, tuple(events)))
        return ((made, "secret"),)

    async def remove_webhook(self, key: str) -> None:
        self.there = [one for one in self.there if one.id != key]


class Secrets:
    def __init__(self, *known: str) -> None:
        self.held = dict.fromkeys(known, "secret")

    def refuse_without_key(self) -> None: ...

    async def keep(self, connection: str, webhook: str, secret: str) -> None:
        self.held[webhook] = secret

    async def all(self, connection: str) -> Mapping[str, str]:
        return self.held

    async def drop(self, connection: str, webhook: str) -> None:
        self.held.pop(webhook, None)


class NoKey(Secrets):
    def refuse_without_key(self) -> None:
        raise RequestError("no key")


async def registered(
    service: Service, kept: Secrets, *events: str, audit: Audited | None = None
) -> tuple[RegisteredWebhook, ...]:
    told = uses(webhook_keys=kept, audit=audit or Audited(), clock=FixedClock())
    return await register_webhooks(told, OPS, service, "crm", URL, events)


async def test_what_is_missing_is_registered_and_its_secret_is_kept() -> None:
    service, kept, audit = Service(OURS, FOREIGN), Secrets("1"), Audited()
    [made] = await registered(service, kept, "deal.updated", "deal.created", audit=audit)
    assert made.events == ("deal.created",)
    assert kept.held == {"1": "secret", "9": "secret"}
    assert [(one.act, one.after) for one in audit.records] == [
        ("source webhooks add", {"events": "deal.created", "ids": "9"})
    ]
    assert await registered(service, kept, "deal.updated", "deal.created") == ()
    assert len(service.there) == 3


async def test_a_webhook_for_any_event_covers_each() -> None:
    for events in (("deal.*",), ("*.created",), ("*.*",)):
        assert await registered(Service(replace(OURS, events=events)), Secrets("1"), "deal.created") == ()


async def test_one_whose_secret_is_not_known_is_no_success() -> None:
    with pytest.raises(RequestError, match="1 posts here already, and its secret is not known"):
        await registered(Service(OURS), Secrets(), "deal.updated")


async def test_without_a_key_nothing_is_registered() -> None:
    service = Service()
    with pytest.raises(RequestError, match="no key"):
        await registered(service, NoKey(), "deal.updated")
    assert service.there == []


async def test_one_is_removed_by_its_id_and_only_if_it_posts_here() -> None:
    service, kept, audit = Service(OURS, FOREIGN), Secrets("1", "7"), Audited()
    told = uses(webhook_keys=kept, audit=audit, clock=FixedClock())
    await unregister_webhook(told, OPS, service, "crm", URL, "1")
    assert (service.there, kept.held) == ([FOREIGN], {"7": "secret"})
    with pytest.raises(RequestError, match="posts to another address"):
        await unregister_webhook(told, OPS, service, "crm", URL, "2")
    with pytest.raises(NotFound):
        await unregister_webhook(told, OPS, service, "crm", URL, "7")
    assert kept.held == {}
    assert [one.act for one in audit.records] == ["source webhooks remove"]


def test_the_events_are_those_that_schedules_wait_for() -> None:
    waits = replace(WEEKLY, id="a", event=EventTrigger("crm", "deal.updated", "", 60))
    other = replace(WEEKLY, id="b", event=EventTrigger("site", "goal.reached", "", 60))
    bundle = bundle_with(WEEKLY, waits, other, replace(waits, id="c"))
    assert events_waited_for(bundle, "crm") == ("deal.updated",)


def test_the_address_is_the_one_of_the_pages() -> None:
    assert hook_url(replace(bundle_with(), web="https://beat.acme.example"), "crm") == URL
    with pytest.raises(RequestError, match="is not written"):
        hook_url(bundle_with(), "crm")
