"""How a digest that is not sent by itself is told of, and by which message."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import KEY, NOW, reader_digest, uses
from worker.domain.cap import Cap, HeldDigest
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.digest.model import Holds, KeyFigure
from worker.domain.digest.sections import Figure, KeyMeasure
from worker.domain.snapshot.snapshot import Kind
from worker.flow.run.held import held_digest, take_over_held
from worker.ports import TakenOver

PENDING = Delivery(KEY, DeliveryState.PENDING)
SHARE = Figure("conversion", Kind.RATIO, 0.061, 0.06)
BARE: dict[str, Any] = {
    "changes": (),
    "keys": (),
    "measure": None,
    "stalled": (),
    "key_query": None,
    "holds": Holds.OPEN,
}


class Waiting:
    """Digests of another message that may be taken over."""

    def __init__(self, *held: HeldDigest) -> None:
        self.taken, self.asked = TakenOver(held, 2), list[str]()

    async def take_over_held(self, key: object, subject: str) -> TakenOver:
        self.asked.append(subject)
        return self.taken


@pytest.mark.parametrize(
    ("more", "figure", "of_deals"),
    [
        ({}, None, False),
        ({"measure": KeyMeasure("visits", SHARE)}, SHARE, False),
        ({"measure": KeyMeasure("visits", SHARE, missing=True)}, None, False),
        (
            {"keys": (KeyFigure("EUR", 3, 500, 400),)},
            Figure("subject.open", Kind.MONEY, 500, 400, "EUR"),
            True,
        ),
        ({"keys": (KeyFigure("EUR", None, None, 400),)}, None, False),
        (
            {"keys": (KeyFigure("EUR", 3, 500),), "key_query": "s", "stalled": (uses(query_id="s"),)},
            Figure("subject.stalled", Kind.MONEY, 500, None, "EUR"),
            True,
        ),
    ],
)
def test_it_is_named_with_the_figure_that_heads_it(more: dict[str, Any], figure: Figure | None, of_deals: bool) -> None:
    told = held_digest(reader_digest(digest=uses(**(BARE | more))))
    assert told == HeldDigest("Weekly pipeline", NOW, 0, figure, of_deals, 0, "weekly", "team|team@acme.example")


@pytest.mark.parametrize(
    ("row", "cap", "asked"),
    [
        (PENDING, Cap(1, 60), ["address mail team@acme.example"]),
        (PENDING, None, []),
        (replace(PENDING, date=NOW), Cap(1, 60), []),
    ],
)
async def test_a_first_try_takes_over_what_waits_to_be_told(row: Delivery, cap: Cap | None, asked: list[str]) -> None:
    other = HeldDigest("Website day", NOW, 1)
    waiting, digest = Waiting(other), reader_digest(digest=uses(**BARE))
    digest.bundle = replace(digest.bundle, defaults=replace(digest.bundle.defaults, cap=cap))
    given: Any = uses(deliveries=waiting, events=None)
    await take_over_held(given, digest, row)
    assert waiting.asked == asked
    assert (digest.held, digest.more_held) == (((other,), 2) if asked else ((), 0))
