"""What a run found, read back from what is stored."""

from dataclasses import replace

from tests.domain.builders import answer, deal
from tests.support.fakes import HOUR, NOW, RUN, Stored, uses
from worker.domain.snapshot.snapshot import GapReason
from worker.flow.run.stored_answers import load_found

ANSWERED = replace(RUN, snapshots=(("deals", "now"), ("deals:compared", "week")), gaps=(("other", "refused", "401"),))
NOW_ANSWER, WEEK = answer([deal("a", 200)]), answer([deal("b")], at=NOW - 7 * HOUR)
STORED = {"now": NOW_ANSWER, "week": WEEK}


async def test_what_is_stored_is_read_back_and_what_is_gone_is_a_gap_that_says_so() -> None:
    answers = await load_found(uses(load=Stored(STORED).load), ANSWERED)
    assert (answers.snapshots, answers.compared) == ({"deals": NOW_ANSWER}, {"deals": WEEK})
    assert [(gap.query_id, gap.reason, gap.sentence) for gap in answers.gaps] == [("other", GapReason.REFUSED, "401")]
    lost = await load_found(uses(load=Stored().load), ANSWERED)
    assert (lost.snapshots, lost.compared) == ({}, {})
    assert [(gap.query_id, gap.reason) for gap in lost.gaps] == [
        ("other", GapReason.REFUSED),
        ("deals", GapReason.INCOMPLETE),
    ]
