"""A deal is called by the first of its names that a reader can see, and at last by its id."""

import pytest

from worker.domain.digest.deals import title
from worker.domain.snapshot.record import Record


@pytest.mark.parametrize(
    ("own", "lead", "called"),
    [
        ("Offer", "Acme", "Offer"),
        ("   ", "Acme", "Acme"),
        ("\u200b", "\u3164", "oppo_1"),
        (None, None, "oppo_1"),
        ("", "Acme", "Acme"),
    ],
)
def test_a_name_that_shows_nothing_gives_way_to_the_next(own: str | None, lead: str | None, called: str) -> None:
    assert title(Record("oppo_1", {"title": own, "lead": lead})) == called
