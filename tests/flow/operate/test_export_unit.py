"""A run's stored answers."""

from dataclasses import replace

import pytest

from tests.domain.builders import answer, deal
from tests.support.fakes import RUN, Stored, uses
from worker.errors import NotFound
from worker.flow.operate.export import stored_answers

FOUND = replace(
    RUN,
    snapshots=(("deals", "now"), ("deals:compared", "then"), ("gone", "lost")),
    gaps=(("funnel", "unavailable", "the service was away"),),
)
NOW, THEN = answer([deal("a")]), answer([deal("b")])
PARTS = uses(snapshots=Stored({"now": NOW, "then": THEN}))


async def test_the_answer_that_a_query_is_compared_with_follows_it() -> None:
    assert await stored_answers(PARTS, FOUND) == (("deals", NOW), ("deals:compared", THEN))
    assert await stored_answers(PARTS, FOUND, "deals") == (("deals", NOW), ("deals:compared", THEN))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("funnel", "the service was away"),
        ("gone", "its stored answer is gone from Redis"),
        ("nothing", "it has answers to: deals"),
    ],
)
async def test_a_query_without_an_answer_says_why(query: str, said: str) -> None:
    with pytest.raises(NotFound, match=said):
        await stored_answers(PARTS, FOUND, query)
