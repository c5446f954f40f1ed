"""Rendering a closed delivery again, and saying what differs."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.domain.builders import answer
from tests.support.fakes import (
    HOUR,
    KEY,
    NOW,
    RUN,
    WEEKLY,
    Deployed,
    KnownDeliveries,
    OneChannel,
    Opened,
    Stored,
    TwoParts,
    bundle_with,
    reader_digest,
    uses,
)
from worker.domain.delivery import Baseline, Delivery, DeliveryState, Envelope, Part, PartState
from worker.errors import LedgerError, NotFound, RenderError
from worker.flow.operate.replay import Rebuilt, Replayed, replay, replay_one

BODIES = (b"content 0", b"content 1receipt 0")
PARTS = tuple(
    PartState(DeliveryState.SENT, hashlib.sha256(body).hexdigest(), f"receipt {n}") for n, body in enumerate(BODIES)
)
ROW = Delivery(
    KEY,
    DeliveryState.SENT,
    date=NOW,
    parts=PARTS,
    version="1+t",
    compared_with={"deals": Baseline("before", NOW - HOUR, NOW - HOUR)},
)
ANSWERED = replace(RUN, snapshots=(("deals", "now"),))
STORED = Stored({"now": answer([]), "before": answer([])})


class Fails(TwoParts):
    def build(self, content: str, envelope: Envelope) -> tuple[Part, ...]:
        raise RenderError("own.html", 3, "no such field")


class OnePart(TwoParts):
    def build(self, content: str, envelope: Envelope) -> tuple[Part, ...]:
        return super().build(content, envelope)[:1]


class Talks(TwoParts):
    def explain_receipt(self, receipt: str) -> str:
        return f"it said {receipt}"

    def saved(self, part: Part, sealed: bytes) -> bytes:
        return b"a file"


async def again(row: Delivery = ROW, channel: TwoParts | None = None, **other: Any) -> Sequence[Replayed]:
    given = {
        "connectors": OneChannel(channel or TwoParts()),
        "deployments": Deployed(bundle_with(WEEKLY)),
        "digests": Opened(reader_digest()),
        "lookups": KnownDeliveries(row),
        "snapshots": STORED,
        "version": "1+t",
    }
    return [one async for one in replay(uses(**{**given, **other}), ANSWERED)]


async def test_a_message_that_is_made_again_byte_by_byte_is_equal() -> None:
    [one] = await again()
    assert one.equal
    assert one.causes == ()
    assert [copy.sealed for copy in one.copies] == list(BODIES)


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.SENDING])
async def test_one_delivery_is_made_again_if_something_of_it_was_handed_over(state: DeliveryState) -> None:
    row = replace(ROW, state=state)
    given = uses(
        connectors=OneChannel(TwoParts()),
        deployments=Deployed(bundle_with(WEEKLY)),
        digests=Opened(reader_digest()),
        lookups=KnownDeliveries(row),
    )
    if state is DeliveryState.SENT:
        assert (await replay_one(given, row)).equal
    else:
        with pytest.raises(NotFound, match="is sending: nothing that was handed over can be made again"):
            await replay_one(given, row)


async def test_a_channel_says_what_a_receipt_means_and_which_file_is_kept() -> None:
    [one] = await again(channel=Talks())
    assert [(copy.note, copy.saved) for copy in one.copies] == [
        ("it said receipt 0", b"a file"),
        ("it said receipt 1", b"a file"),
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (replace(ROW, state=DeliveryState.REFUSED), 1),
        (replace(ROW, state=DeliveryState.UNKNOWN, held=True), 1),
        (replace(ROW, state=DeliveryState.UNKNOWN), 0),
        (replace(ROW, state=DeliveryState.SENDING), 0),
        (replace(ROW, parts=(PartState(),)), 0),
        (replace(ROW, parts=()), 0),
    ],
    ids=["refused", "held", "unknown", "sending", "never tried", "skipped"],
)
async def test_only_what_is_closed_and_was_tried_is_made_again(row: Delivery, expected: int) -> None:
    assert len(await again(row)) == expected


async def test_a_part_that_was_never_tried_is_not_compared() -> None:
    [one] = await again(replace(ROW, parts=(PARTS[0], PartState())))
    assert [copy.number for copy in one.copies] == [0]
    assert one.equal


CHANGED = replace(ROW, parts=(replace(PARTS[0], sha256="00"), PARTS[1]))


@pytest.mark.parametrize(
    ("row", "other", "cause"),
    [
        (replace(CHANGED, version="0+t"), {}, "it was rendered by 0+t, and this is 1+t (version+templates)"),
        (replace(CHANGED, version=""), {}, "it was rendered by a version that was not recorded"),
        (CHANGED, {"snapshots": Stored({"before": answer([])})}, "deals: this run's answer is no longer stored"),
        (CHANGED, {"snapshots": Stored({"now": answer([])})}, "deals: the answer it was compared with is no longer"),
        (
            CHANGED,
            {"snapshots": Stored(STORED.snapshots, rewritten=("now",))},
            "deals: this run's answer had rows that were forgotten on request",
        ),
        (CHANGED, {}, "everything that it was made from is there, and still it differs"),
    ],
)
async def test_what_differs_has_a_cause(row: Delivery, other: dict[str, Any], cause: str) -> None:
    [one] = await again(row, **other)
    assert not one.equal
    assert one.causes[0].startswith(cause)


async def test_what_cannot_be_rendered_any_more_says_so_and_lists_what_was_sent() -> None:
    [one] = await again(channel=Fails())
    assert [(copy.number, copy.recorded, copy.sealed) for copy in one.copies] == [
        (0, PARTS[0].sha256, None),
        (1, PARTS[1].sha256, None),
    ]
    assert one.causes[0] == "it cannot be rendered: templates/own.html:3: no such field"


async def test_a_part_that_is_no_longer_made_is_lost_beside_those_that_are() -> None:
    [one] = await again(channel=OnePart())
    assert [copy.equal for copy in one.copies] == [True, False]
    assert not one.equal


async def test_a_reader_that_is_no_longer_named_has_nothing_to_be_made_again() -> None:
    [one] = await again(digests=Opened(None))
    assert [copy.sealed for copy in one.copies] == [None, None]


async def test_nothing_is_rendered_without_the_definitions() -> None:
    with pytest.raises(LedgerError, match="deploy again"):
        await again(deployments=Deployed(None))


def test_a_copy_is_equal_if_its_bytes_are_and_one_that_was_not_made_has_no_sum() -> None:
    made = Rebuilt(0, PARTS[0].sha256, None, BODIES[0])
    assert (made.sha256, made.equal) == (PARTS[0].sha256, True)
    lost = replace(made, sealed=None)
    assert (lost.sha256, lost.equal) == ("", False)


def test_a_delivery_without_any_copy_is_not_equal() -> None:
    assert not Replayed(ROW, ()).equal
