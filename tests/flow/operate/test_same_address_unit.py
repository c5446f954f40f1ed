"""All that comes to one address."""

from dataclasses import replace
from typing import Any

from tests.flow.operate.test_reader_page_unit import EVE, PAUSE, STOP, Said, parts
from tests.support.fakes import NOW, READER, TEAM, WEEKLY, bundle_with, uses
from worker.domain.delivery import Baseline, Reader
from worker.domain.schedule import Each
from worker.flow.operate.same_address import same_address

OWNERS = replace(TEAM, id="owners", address=None, each=Each.OWNER)


class Sent:
    async def baselines(self, readers: list[Reader]) -> dict[Reader, dict[str, Baseline]]:
        return {reader: {"deals": Baseline("a", NOW, NOW)} for reader in readers if reader.address == READER.address}


async def found(said: Said, address: str = READER.address, *, mails: bool = True) -> list[tuple[str, bool]]:
    given: Any = parts(said)
    given.runs, given.connectors = Sent(), uses(mailbox=lambda *_: mails)
    bundle = bundle_with(replace(WEEKLY, to=(TEAM, OWNERS)))
    return [(one.id, stops is not None) for one, (_, stops) in (await same_address(given, bundle, address)).items()]


async def test_entries_records_and_entries_for_each_owner_that_sent_something_are_found() -> None:
    assert await found(Said(EVE)) == [(READER.id, False), ("owners|team@acme.example", False)]
    assert await found(Said(EVE), "EVE@acme.example") == [("eve|eve@acme.example", False)]


async def test_what_was_ended_does_not_come_and_what_is_paused_comes_again() -> None:
    assert await found(Said(EVE, team=STOP)) == [("owners|team@acme.example", False)]
    assert await found(Said(EVE, team=PAUSE)) == [(READER.id, True), ("owners|team@acme.example", False)]


async def test_only_mails_have_such_a_page() -> None:
    assert await found(Said(EVE), mails=False) == []
