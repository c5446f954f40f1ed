"""Held messages of which a message was to tell that was refused go to the reader's next digest; real Redis."""

import json

import pytest

from tests.support.ledger_fixture import ANN, PROJECT, SLOT, WEEK, LedgerFixture
from worker.domain.delivery import DeliveryKey
from worker.domain.outcome import Refused
from worker.domain.reason import Reason
from worker.domain.run import RunKey


@pytest.mark.parametrize("held", [ANN, f"alert:{ANN}", f"alert:{ANN.replace('|', '/big|')}"])
async def test_notifications_of_alerts_that_a_cap_held_are_told_too(story: LedgerFixture, held: str) -> None:
    first, *_ = await story.delivering()
    also = DeliveryKey(first.run, f"also/{held}")
    told = {"g": [["Pipeline", 1, 2]], "m": 3}
    await story.client.hset(_rows(first.run), also.reader, f"P{json.dumps({'i': told})}")
    await story.deliveries.settle(also, 0, Refused(Reason.REFUSED, "550 no"))
    again, *_ = await story.delivering(slot=SLOT + WEEK)
    found = json.loads((await story.client.hget(_rows(again.run), ANN) or b"")[1:])
    assert (found.get("j"), found.get("k")) == (told["g"], 3)
    assert await story.client.keys(f"{PROJECT}:returned:*") == []


async def test_a_message_that_is_tried_again_tells_of_it_itself(story: LedgerFixture) -> None:
    first, *_ = await story.delivering()
    also = DeliveryKey(first.run, f"also/alert:{ANN}")
    await story.client.hset(_rows(first.run), also.reader, f"P{json.dumps({'i': {'g': [['A', 1, 2]], 'm': 0}})}")
    await story.deliveries.settle(also, 0, Refused(Reason.REFUSED, "550 no"))
    assert await story.deliveries.retry(first.run, {also.reader: await story.soon()}) == (also,)
    assert await story.client.keys(f"{PROJECT}:returned:*") == []


def _rows(run: RunKey) -> str:
    return f"{PROJECT}:run:{run}:deliveries"
