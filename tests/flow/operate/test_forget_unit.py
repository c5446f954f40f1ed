"""Forgetting a person or a row on request."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import NOW, RUN, TEAM, WEEKLY, Deployed, Emitted, Subscribed, bundle_with, uses
from worker.domain.events import RunEnded
from worker.domain.operators import Operator
from worker.domain.schedule import Bundle, Each, Person
from worker.domain.subscription import Choice, Origin, Preference, SubscriptionRecord
from worker.flow.operate.forget import Forgotten, forget
from worker.ports import Expired

EXTRA = SubscriptionRecord("weekly", replace(TEAM, id="extra"), Origin.CLI, "ops", NOW)
PAUSE = Preference(Choice.PAUSED, Origin.CLI, "ops", NOW)
ENDED = RunEnded(RUN.key, "delivered", "")
ADDRESS = "team@acme.example"


class Remembers:
    """Of the ledger and of the answers what one address has there; the second time nothing is left."""

    def __init__(self) -> None:
        self.left, self.rows = [Expired(2, 3, 1, (ENDED,))], [4]

    async def forget_reader(self, address: str) -> Expired:
        return self.left.pop() if self.left else Expired(0, 0, 0)

    async def forget_row(self, key: str) -> int:
        return self.rows.pop() if self.rows else 0


class Alerts:
    async def forget(self, what: str) -> int:
        return 2


class Records(Subscribed):
    """EXTRA subscribed at run time. Its address is paused there and in the definition."""

    def __init__(self) -> None:
        self.held, self.said = (EXTRA,), {"weekly": {EXTRA.reader.id: PAUSE, f"team|{ADDRESS}": PAUSE}}

    async def preferences(self, schedule: str) -> Mapping[str, Preference]:
        return dict(self.said[schedule])

    async def remove(self, schedule: str, entry: str) -> bool:
        self.held = ()
        return True

    async def clear(self, schedule: str, reader: str, choice: Choice) -> bool:
        return self.said[schedule].pop(reader).choice is choice


def parts(in_force: Bundle | None) -> Any:
    one = Remembers()
    given = {"deployments": Deployed(in_force), "events": Emitted(), "snapshots": one, "upkeep": one}
    return uses(**given, subscriptions=Records(), alerts=Alerts())


async def test_what_was_removed_is_counted_and_a_run_that_waited_for_it_alone_has_ended() -> None:
    given = parts(None)
    assert await forget(given, ADDRESS) == Forgotten(2, 3, 1, 4, subscriptions=1, alerts=2)
    assert given.events.facts == [ENDED]


async def test_forgetting_twice_finds_nothing_more_and_tells_nothing() -> None:
    given = parts(None)
    await forget(given, ADDRESS)
    given.events.facts.clear()
    assert await forget(given, ADDRESS) == Forgotten(alerts=2)
    assert given.events.facts == []


@pytest.mark.parametrize("written", [ADDRESS, "Team@ACME.example"])
async def test_definitions_that_still_name_the_address_are_told_however_it_is_written(written: str) -> None:
    other = replace(WEEKLY, id="other", to=(replace(TEAM, address="boss@acme.example"),))
    bundle = bundle_with(WEEKLY, replace(WEEKLY, id="daily"), other, operator=ADDRESS)
    assert (await forget(parts(bundle), written)).named == ("daily", "weekly", "defaults.operator")


async def test_subscriptions_go_but_what_a_definition_names_stays_paused_there() -> None:
    given = parts(bundle_with(WEEKLY))
    assert (await forget(given, ADDRESS.upper())).subscriptions == 1
    assert (given.subscriptions.held, list(given.subscriptions.said["weekly"])) == (
        (),
        [EXTRA.reader.id, f"team|{ADDRESS}"],
    )
    given = parts(None)
    await forget(given, ADDRESS)
    assert given.subscriptions.said == {"weekly": {}}


async def test_whoever_is_named_for_an_owner_or_for_the_rest_is_still_named() -> None:
    each = replace(WEEKLY, to=(replace(TEAM, address=None, each=Each.OWNER, unassigned="Ops@acme.example"),))
    bundle = replace(bundle_with(each), people={"user_ann": Person({"email": "ann@acme.example"})})
    assert (await forget(parts(bundle), "ops@acme.example")).named == ("weekly",)
    assert (await forget(parts(bundle), "ann@acme.example")).named == ("people.user_ann",)


async def test_an_address_of_any_operator_is_told() -> None:
    bundle = bundle_with(operator=(Operator(None, "hook"), Operator(ADDRESS, "mail")))
    assert (await forget(parts(bundle), ADDRESS)).named == ("defaults.operator",)


async def test_the_key_of_a_row_is_no_readers_address() -> None:
    assert (await forget(parts(bundle_with(WEEKLY)), "deal_1")).named == ()
