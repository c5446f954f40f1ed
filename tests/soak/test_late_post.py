"""The one way in which Slack by token shows a digest twice: it applies a post after it was asked and had not."""

from collections.abc import Iterator

import pytest

from tests.soak.counts import counts_of
from tests.soak.schedules import TIMES, rare
from tests.soak.test_paused import PROJECT, SCHEDULES, asked_for
from tests.support.child_processes import children_of, send_signal
from tests.support.installation import Installation, installation
from worker.domain.delivery import DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import RunKey

pytestmark = pytest.mark.alone

POST = "POST /slack/api/chat.postMessage"
LOOKED_UP_AFTER = TIMES.delivery_lease + TIMES.lookup_after
IN_TIME, TOO_LATE = 0.5, LOOKED_UP_AFTER + 4.0


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    place = tmp_path_factory.mktemp("late")
    with installation(
        place, workers=2, project=PROJECT, schedules={"chat": SCHEDULES["chat"]}, times=TIMES
    ) as everything:
        yield everything


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "most"), [rare(IN_TIME, 1), (TOO_LATE, 2)])
def test_a_post_comes_twice_only_where_slack_applies_it_after_it_was_looked_up(
    here: Installation, seconds: float, most: int
) -> None:
    met = here.box.call(lambda box: box.faults.met.get("late_apply", 0))
    here.box.call(lambda box: box.faults.arm(POST, "late_apply", seconds=seconds))
    key = asked_for(here, "chat")
    here.until(lambda: here.box.call(lambda box: box.faults.met.get("late_apply", 0) > met or None))
    for worker in here.processes.pids("worker"):
        for child in children_of(worker):
            send_signal(child)  # the client gives up: its connection ends
    here.until(lambda: here.closed(key))
    here.until(lambda: True if here.box.call(lambda box: box.room.posts) and _copies(here, key) == most else None)
    (fate,) = [fate for fate in counts_of(here).fates if fate.run.key == key]
    assert fate.row.state is DeliveryState.SENT
    alone = len(fate.row.parts) == 1
    assert fate.copies == (most if alone else 1, most)
    # Nobody can tell the ledger of a post that did not exist when it was asked for: docs/guarantees.md names it.
    assert not fate.counted
    assert most == 2 or len(fate.row.parts) > 1 or fate.row.reason is Reason.FOUND


def _copies(here: Installation, key: RunKey) -> int:
    return next(fate.copies[1] for fate in counts_of(here).fates if fate.run.key == key)
