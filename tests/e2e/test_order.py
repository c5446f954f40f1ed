"""In a reader's box every opening is the closing before it: while workers die, source and receivers are slow, and
somebody asks beside the schedule.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.concurrent_runs import ENTRIES, PATIENT, ROOM, SCHEDULE, SHORT, ConcurrentRuns, Received, received
from tests.support.in_process import TEAM, in_process_run
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import Baseline, Delivery, DeliveryState, Reader
from worker.domain.run import Run

CASES = [
    (TEAM, 1, "latest", 0.0),
    (TEAM, 1, "latest", 0.03),
    (TEAM, 1, "none", 0.03),
    (TEAM, 1, "all", 0.0),
    (TEAM, 1, "all", 0.03),
    (ROOM, 4, "latest", 0.02),
    (ROOM, 4, "all", 0.02),
]
"""Reader, seconds between slots, catch_up, and how often a process dies. A room takes one post a second."""

SECONDS = {(TEAM, "latest"): 10, (TEAM, "none"): 10, (TEAM, "all"): 10, (ROOM, "latest"): 40, (ROOM, "all"): 20}
"""How long slots come due. Under `latest` most of what is for a room is superseded while an older digest leaves."""


@pytest.mark.parametrize(("reader", "every", "catch_up", "death_rate"), CASES)
async def test_every_opening_is_the_closing_before_it(  # fixtures beside a case
    empty_redis: EmbeddedRedis, tmp_path: Path, reader: Reader, every: int, catch_up: str, death_rate: float
) -> None:
    async with in_process_run(empty_redis.url, tmp_path / "project", SHORT if reader == TEAM else PATIENT) as story:
        await story.deploy(SCHEDULE.format(every=every, catch_up=catch_up, entry=ENTRIES[reader]))
        dice = random.Random(f"{reader.entry} {catch_up} {death_rate}")  # noqa: S311  # the same chances each time
        concurrent = ConcurrentRuns(story, reader, every, dice, death_rate)
        await concurrent.run_for(SECONDS[reader, catch_up])
        await concurrent.drain()
        runs, rows, box = await concurrent.runs(), await concurrent.rows(), received(story, reader)
    mine = [row for row in rows if row.key.reader == reader.id]
    in_the_box(box, mine)
    in_the_ledger(mine, runs)
    forward([baselines["deals"] for baselines in concurrent.baselines_seen if "deals" in baselines])


def in_the_box(box: Sequence[Received], rows: Sequence[Delivery]) -> None:
    """What the ledger says that the reader has. Of what may have arrived the reader cannot be told the end."""
    known = {row.key.digest: row for row in rows}
    surely = [one for one in box if known[one.digest].state is DeliveryState.SENT]
    slots = [known[one.digest].key.run.slot for one in surely]
    assert slots == sorted(slots), "they come in the order of their slots"
    told = [one for one in surely if one.closing]
    assert len(told) > 2
    assert [one.opening for one in told[1:]] == [one.closing for one in told[:-1]]


def in_the_ledger(rows: Sequence[Delivery], runs: Sequence[Run]) -> None:
    """Each is compared with the last answer before it that the reader was sent. `rows` in the order of their slots."""
    answered = {run.key for run in runs if "deals" in dict(run.snapshots)}
    last = None
    for row in rows:
        if row.state is DeliveryState.SENT:
            base = (row.compared_with or {})["deals"]
            assert (base.slot if base else None) == last, str(row.key)
            last = row.key.run.slot if row.key.run in answered else last


def forward(seen: Sequence[Baseline]) -> None:
    slots = [baseline.slot for baseline in seen]
    assert len(set(slots)) > 2
    assert slots == sorted(slots)
