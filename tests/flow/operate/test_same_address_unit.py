"""All that comes to one address."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.support.fakes import NOW, READER, TEAM, WEEKLY, FixedClock, Subscribed, bundle_with, uses
from worker.domain.delivery import Baseline, Reader
from worker.domain.schedule import Each
from worker.domain.subscription import Choice, Origin, Preference, SubscriptionRecord
from worker.flow.operate.same_address import same_address

STOP = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", NOW)
PAUSE = Preference(Choice.PAUSED, Origin.CLI, "ops", NOW)
EVE = SubscriptionRecord("weekly", replace(TEAM, id="eve", address="eve@acme.example"), Origin.CLI, "ops", NOW)
OWNERS = replace(TEAM, id="owners", address=None, each=Each.OWNER)


class Said(Subscribed):
    def __init__(self, *held: SubscriptionRecord, **said: Preference) -> None:
        super().__init__(*held)
        self.said = {f"{name}|{name}@acme.example": one for name, one in said.items()}

    async def preferences(self, schedule: str) -> Mapping[str, Preference]:
        return self.said


class Sent:
    async def baselines(self, readers: list[Reader]) -> dict[Reader, dict[str, Baseline]]:
        return {reader: {"deals": Baseline("a", NOW, NOW)} for reader in readers if reader.address == READER.address}


async def found(said: Said, address: str = READER.address, *, mails: bool = True) -> list[tuple[str, bool]]:
    connectors = uses(mailbox=lambda *_: mails)
    given: Any = uses(clock=FixedClock(), subscriptions=said, runs=Sent(), connectors=connectors)
    bundle = bundle_with(replace(WEEKLY, to=(TEAM, OWNERS)))
    return [(one.id, sent.stops is not None) for one, sent in (await same_address(given, bundle, address)).items()]


async def test_entries_records_and_entries_for_each_owner_that_sent_something_are_found() -> None:
    assert await found(Said(EVE)) == [(READER.id, False), ("owners|team@acme.example", False)]
    assert await found(Said(EVE), "EVE@acme.example") == [("eve|eve@acme.example", False)]


async def test_who_is_told_of_alerts_alone_is_found_too() -> None:
    told = replace(TEAM, id="head", address="eve@acme.example")
    given: Any = uses(clock=FixedClock(), subscriptions=Said(), runs=Sent(), connectors=uses(mailbox=lambda *_: True))
    bundle = bundle_with(replace(WEEKLY, notify=(told, replace(OWNERS, id="each"))))
    (one,) = (await same_address(given, bundle, "eve@acme.example")).items()
    assert (one[0].id, one[1].schedule.only_alerts(one[1].entry)) == ("head|eve@acme.example", True)
    assert not one[1].schedule.only_alerts(TEAM)


async def test_what_was_ended_does_not_come_and_what_is_paused_comes_again() -> None:
    assert await found(Said(EVE, team=STOP)) == [("owners|team@acme.example", False)]
    assert await found(Said(EVE, team=PAUSE)) == [(READER.id, True), ("owners|team@acme.example", False)]


async def test_only_mails_have_such_a_page() -> None:
    assert await found(Said(EVE), mails=False) == []
