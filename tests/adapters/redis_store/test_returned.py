"""Held messages of which a message was to tell that was refused go to the reader's next digest; real Redis."""

import json
from dataclasses import replace
from datetime import datetime

import pytest

from tests.support.alert_changes import changes
from tests.support.ledger_fixture import ANN, PROJECT, SLOT, WEEK, WEEKLY, LedgerFixture
from worker.domain.delivery import DeliveryKey, Reader
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


@pytest.mark.parametrize("entry", ["alert:team", "alert:team/big"])
async def test_who_gets_no_digests_is_told_beside_the_next_notification(story: LedgerFixture, entry: str) -> None:
    """It was kept for a digest that never came."""
    ann = Reader(WEEKLY, entry, "ann@tern.example")
    first = await _alerted(story, SLOT, ann)
    also = DeliveryKey(first.run, f"also/{ann.id}")
    told = {"k": "held", "s": "mail ann", "e": "capped", "w": "Pipeline", "c": [], "g": [["Pipeline", 1, 2]], "m": 3}
    await story.client.hset(_rows(first.run), also.reader, f"P{json.dumps({'i': told})}")
    await story.deliveries.settle(also, 0, Refused(Reason.REFUSED, "550 no"))
    await _alerted(story, SLOT + WEEK, replace(ann, address="ben@tern.example"))
    assert await story.client.keys(f"{PROJECT}:returned:*") != [], "that was told to somebody else"
    again = await _alerted(story, SLOT + 2 * WEEK, ann)
    row = await story.row(DeliveryKey(again.run, also.reader))
    assert row.notice is not None
    assert ([(one.name, one.changes) for one in row.notice.held], row.notice.more_causes) == ([("Pipeline", 2)], 3)
    assert await story.client.keys(f"{PROJECT}:returned:*") == []
    assert DeliveryKey(again.run, also.reader) in (await story.clock.sweep(100)).deliveries
    await story.deliveries.settle(DeliveryKey(again.run, also.reader), 0, Refused(Reason.REFUSED, "550 no"))
    assert await story.client.keys(f"{PROJECT}:returned:*") != [], "and so on, until it is sent"


async def _alerted(story: LedgerFixture, slot: datetime, reader: Reader) -> DeliveryKey:
    """A run with a notification for one reader and no digests. Nothing of it waits any more."""
    key, attempt = await story.begun(slot)
    made = changes(key, {}, (reader,))
    await story.runs.deliver(key, attempt, {}, (), {}, alerts=made)
    await story.finish(DeliveryKey(key, reader.id), "sent")
    return DeliveryKey(key, reader.id)


async def test_a_message_that_is_tried_again_tells_of_it_itself(story: LedgerFixture) -> None:
    first, *_ = await story.delivering()
    also = DeliveryKey(first.run, f"also/alert:{ANN}")
    await story.client.hset(_rows(first.run), also.reader, f"P{json.dumps({'i': {'g': [['A', 1, 2]], 'm': 0}})}")
    await story.deliveries.settle(also, 0, Refused(Reason.REFUSED, "550 no"))
    assert await story.deliveries.retry(first.run, {also.reader: await story.soon()}) == (also,)
    assert await story.client.keys(f"{PROJECT}:returned:*") == []


def _rows(run: RunKey) -> str:
    return f"{PROJECT}:run:{run}:deliveries"
