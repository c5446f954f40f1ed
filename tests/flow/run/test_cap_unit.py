"""Whether a digest has its turn among the messages to one address, or is told of later."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.support.fakes import HOUR, KEY, NOW, READER, TROUBLE, reader_digest, uses
from worker.domain.cap import Cap, HeldDigest, OverCap
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.diff.changes import QueryChange
from worker.domain.outcome import Skipped
from worker.domain.reason import Reason
from worker.flow.run.cap import capped

PENDING = Delivery(KEY, DeliveryState.PENDING)
CAP = Cap(5, 86_400)
CHANGED = uses(
    measure=None, keys=(), changes=(QueryChange("deals", added=2, removed=1, rows=3, measures=(("total", "x"),)),)
)


class Turns:
    """No turn is left before `until`."""

    def __init__(self, until: datetime | None) -> None:
        self.until, self.asked = until, list[tuple[str, bool]]()

    async def turn(self, subject: str, key: DeliveryKey, cap: Cap, *, always: bool = False) -> datetime | None:
        self.asked.append((subject, always))
        return self.until


async def held(until: datetime | None, row: Delivery = PENDING, cap: Cap | None = CAP, digest: Any = CHANGED) -> Any:
    turns, told = Turns(until), reader_digest(digest=digest)
    told.bundle = replace(told.bundle, defaults=replace(told.bundle.defaults, cap=cap))
    given: Any = uses(deliveries=turns)
    return await capped(given, told, row), turns.asked


async def test_a_digest_with_a_turn_is_sent() -> None:
    assert await held(None) == (None, [("address mail team@acme.example", False)])


async def test_a_digest_without_a_turn_is_held_with_what_it_would_have_told() -> None:
    outcome, _ = await held(NOW + HOUR)
    assert outcome == Skipped(
        Reason.CAPPED,
        held=OverCap(
            "address mail team@acme.example",
            NOW + HOUR,
            f"also/{READER.id}",
            HeldDigest("Weekly pipeline", NOW, 2 + 1 + 3 + 1, schedule="weekly", reader=READER.id),
        ),
        sentence=(
            "This address had its 5 messages in 1d: one message tells of the others at Mon 16 Nov 2026 09:00 (UTC)."
        ),
    )


@pytest.mark.parametrize(("row", "cap"), [(PENDING, None), (replace(PENDING, date=NOW), CAP)])
async def test_without_a_cap_and_once_it_was_tried_nothing_is_held(row: Delivery, cap: Cap | None) -> None:
    assert await held(NOW + HOUR, row, cap) == (None, [])


async def test_what_tells_of_held_digests_always_has_a_turn() -> None:
    row = replace(PENDING, key=DeliveryKey(KEY.run, f"also/{READER.id}"))
    assert (await held(None, row, digest=TROUBLE))[1] == [("address mail team@acme.example", True)]
