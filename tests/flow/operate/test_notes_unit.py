"""What sources said beside the answers of a run."""

from dataclasses import replace
from typing import Any

from tests.domain.builders import answer
from tests.support.fakes import RUN, Stored
from worker.domain.digest.model import SourceLine
from worker.flow.operate.notes import notes_in, notes_of

NOTED = replace(answer([]), notes=("a page was short", "not_judged:3", "a page was short"))
COMPARED = replace(answer([]), notes=("a page was short", "the week before is cut"))
JUDGED = "3 open deals were not judged: the rule knows nothing of their stage"


def line(query: str, *notes: str) -> SourceLine:
    return SourceLine(query, "close", "opportunities", 0, 0, None, notes=notes)


async def test_each_note_of_a_query_and_its_comparison_is_told_once_and_in_words() -> None:
    run = replace(RUN, snapshots=(("deals", "now"), ("deals:compared", "week"), ("gone", "gone")))
    stored: Any = Stored({"now": NOTED, "week": COMPARED})
    assert await notes_of(stored, run) == (
        ("deals", "a page was short"),
        ("deals", JUDGED),
        ("deals", "the week before is cut"),
    )


async def test_a_run_whose_answers_are_gone_has_no_notes() -> None:
    stored: Any = Stored()
    assert await notes_of(stored, replace(RUN, snapshots=(("deals", "now"),))) == ()


def test_the_same_note_on_two_queries_is_told_of_each() -> None:
    lines = [line("deals", "short", "not_judged:3"), line("other", "short"), line("third")]
    assert notes_in(lines) == (("deals", "short"), ("deals", JUDGED), ("other", "short"))
