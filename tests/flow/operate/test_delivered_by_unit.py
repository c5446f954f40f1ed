"""By which entry a delivery goes out, and whether anything still goes there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.support.fakes import KEY, RUN, TEAM, WEEKLY, Deployed, Takes, bundle_with, uses
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.run import RunKey
from worker.domain.schedule import Subscription
from worker.flow.operate.delivered_by import delivered_by, suspended_of

EVE = replace(TEAM, id="eve", address="eve@acme.example")
OPS = "operator/1f|ops@acme.example"


class OneSubscribed:
    async def subscribed(self, run: RunKey) -> Mapping[str, Subscription]:
        return {"eve|eve@acme.example": EVE}


class Stopped:
    def __init__(self, *subjects: str) -> None:
        self.subjects = subjects

    async def suspended(self, subjects: Sequence[str]) -> Mapping[str, str]:
        return {one: "550 no such user" for one in subjects if one in self.subjects}


def key(reader: str) -> DeliveryKey:
    return replace(KEY, reader=reader)


async def entries(*readers: str) -> Mapping[DeliveryKey, Subscription]:
    given: Any = uses(
        connectors=uses(takes=Takes("mail").takes),
        deployments=Deployed(bundle_with(replace(WEEKLY, to=(TEAM,)), operator="ops@acme.example")),
        lookups=OneSubscribed(),
    )
    return await delivered_by(given, RUN, [Delivery(key(one), DeliveryState.SENT) for one in readers])


async def test_a_delivery_has_the_entry_of_its_reader_wherever_that_is_named() -> None:
    found = await entries(KEY.reader, f"alert:{KEY.reader}", "eve|eve@acme.example", OPS, "gone|x@acme.example")
    assert {one.reader: entry.channel for one, entry in found.items()} == dict.fromkeys(
        [KEY.reader, f"alert:{KEY.reader}", "eve|eve@acme.example", OPS], "mail"
    )


async def test_an_address_that_is_suspended_stops_its_own_deliveries_and_a_channel_stops_all() -> None:
    of = await entries(KEY.reader, "eve|eve@acme.example")
    address: Any = uses(deliveries=Stopped("address mail eve@acme.example"))
    assert await suspended_of(address, of) == {key("eve|eve@acme.example")}
    channel: Any = uses(deliveries=Stopped("channel mail"))
    assert await suspended_of(channel, of) == set(of)
    nothing: Any = uses(deliveries=Stopped())
    assert await suspended_of(nothing, of) == frozenset()
