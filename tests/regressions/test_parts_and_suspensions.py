"""Digests that arrived but for a part, and addresses that are not used any more."""

from dataclasses import replace

import pytest

from tests.regressions.helpers import posts, row_of
from tests.support.in_process import InProcessRun
from worker.documents.deliveries import why
from worker.domain.delivery import Delivery, DeliveryState, Reader
from worker.domain.events import Fact, Suspended
from worker.domain.reason import Reason
from worker.domain.run import RunState
from worker.flow.services import Services

ROOM = Reader("week", "room", "C0123456789")
URL = "* /slack/api/files.getUploadURLExternal"
POST = "POST /slack/api/chat.postMessage"
NO_SCOPE = '{"ok": false, "error": "missing_scope", "needed": "files:write"}'
GONE = '{"ok": false, "error": "thread_not_found"}'


class _Noted:
    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def emit(self, fact: Fact) -> None:
        self.facts.append(fact)


def listening(story: InProcessRun) -> _Noted:
    """What is told from now on."""
    noted = _Noted()
    services: Services = replace(story.services, events=noted)
    story.services = services
    return noted


async def room_of(three: InProcessRun) -> tuple[RunState, Delivery]:
    run, rows = await three.run()
    return run.state, row_of(rows, "room")


@pytest.mark.parametrize(
    ("fault", "body", "after", "code"),
    [(URL, NO_SCOPE, 0, "missing_scope: files:write"), (POST, GONE, 1, "thread_not_found")],
)
async def test_a_digest_whose_later_part_is_refused_was_sent_and_says_what_is_missing(
    three: InProcessRun, fault: str, body: str, after: int, code: str
) -> None:
    three.box.faults.arm(fault, "status", status=200, body=body, after=after, times=9)
    state, row = await room_of(three)
    assert (state, row.state, row.reason) == (RunState.DELIVERED, DeliveryState.SENT, Reason.PARTS_MISSING)
    assert code in why(row)
    parts = [part.state for part in row.parts]
    assert (parts[0], parts[-1]) == (DeliveryState.SENT, DeliveryState.PENDING), parts
    assert row.parts[0].receipt.startswith("C0123456789 ")
    assert await three.baselines(ROOM)


async def test_the_digest_after_one_without_its_file_compares_with_it(three: InProcessRun) -> None:
    """Every later digest said "First digest", because the refused file had kept the baseline back."""
    three.box.faults.arm(URL, "status", status=200, body=NO_SCOPE, times=9)
    await room_of(three)
    before = dict(await three.baselines(ROOM))
    three.step()
    _, row = await room_of(three)
    assert row.compared_with == before
    assert set(posts(three).values()) == {1}


async def test_a_refused_main_part_is_a_refused_digest(three: InProcessRun) -> None:
    three.box.faults.arm(POST, "status", status=200, body='{"ok": false, "error": "no_text"}', times=9)
    _, row = await room_of(three)
    assert (row.state, await three.baselines(ROOM)) == (DeliveryState.REFUSED, {})


async def test_a_suspension_is_told_once(three: InProcessRun) -> None:
    noted = listening(three)
    three.box.mail.faults.refuse("boss@acme.example", 550)
    for _ in range(3):
        await three.run()
        three.step()
    (told,) = [fact for fact in noted.facts if isinstance(fact, Suspended)]
    assert told.subject == "address mail boss@acme.example"
    assert told.sentence.startswith("550")
