"""Whether the owners of listed deals are reached: findings of `doctor`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tests.domain.builders import answer, deal
from tests.support.fakes import TEAM, WEEKLY, AnyAddress, Deployed, Stored, bundle_with, uses
from worker.domain.schedule import Each, Subscription
from worker.flow.operate.doctor import CheckResult, Level
from worker.flow.operate.doctor_owners import owners


class LastAnswer:
    """One list. `stopped`: what of its owners' addresses is suspended."""

    def __init__(self, *stopped: str) -> None:
        self.stopped = stopped

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        return ("last",)

    async def suspended(self, subjects: Sequence[str]) -> Mapping[str, str]:
        return {one: "550 no such user" for one in subjects if one in self.stopped}


async def of_owners(entry: Subscription, *stopped: str, owner: str | None = "bo") -> list[CheckResult]:
    rows = [deal("a", owner_id="ann"), deal("b", owner_id=owner, owner="Bo Field")]
    stored = Stored({"last": replace(answer(rows), addresses=(("ann", "ann@acme.example"),))})
    bundle, last = bundle_with(replace(WEEKLY, to=(entry,))), LastAnswer(*stopped)
    parts = uses(connectors=AnyAddress(), deployments=Deployed(bundle), deliveries=last, runs=last, snapshots=stored)
    return await owners(parts, bundle)


async def test_owners_whom_nothing_reaches_are_named_and_where_their_deals_go() -> None:
    each = replace(TEAM, id="owners", address=None, each=Each.OWNER)
    [one] = await of_owners(each)
    assert (one.what, one.level) == ("owners weekly/owners", Level.WARN)
    assert one.sentence.startswith("no address for Bo Field (bo): nobody is sent these deals")
    [one] = await of_owners(each, owner=None)
    assert one.sentence.startswith("some deals have no owner: nobody is sent these deals")
    [one] = await of_owners(replace(each, unassigned="ops@acme.example"))
    assert "these deals go to ops@acme.example" in one.sentence
    [one] = await of_owners(each, owner="ann")
    assert (one.level, one.sentence) == (Level.OK, "readers by the last run: 1; every owner has an address")
    assert await of_owners(TEAM) == []


async def test_an_owners_address_that_is_suspended_is_named() -> None:
    each = replace(TEAM, id="owners", address=None, each=Each.OWNER)
    _, stopped = await of_owners(each, "address mail ann@acme.example", owner="ann")
    assert stopped.what == "suspended address mail ann@acme.example"
