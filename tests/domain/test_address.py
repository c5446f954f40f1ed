"""When two addresses are one: case does not count, and nothing else is folded."""

from pathlib import Path

import pytest

from worker.domain.address import comparable, same
from worker.domain.subscription import is_allowed, written_pattern

WORKER = Path(__file__).parents[2] / "worker"

SEARCHES = {
    "channels/slack/requests.py": "a command",
    "sandbox/close_filters.py": "what Close searches",
    "domain/schedule_filter.py": "a filter of a list",
    "sources/umami/catalog.py": "an order of names",
    "web/console/moves.py": "a search in names",
    "web/console/subscriptions.py": "a search in a list",
}
"""Where `casefold` is right: what is found may be too much, and nobody becomes somebody else by it."""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Acme.example", "ann@acme.EXAMPLE"),
        ("ann@B\u00dcCHER.example", "ann@b\u00fccher.example"),
        ("#Sales", "#sales"),
    ],
)
def test_upper_and_lower_case_do_not_count(one: str, other: str) -> None:
    assert same(one, other)
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@stra\u00dfe.example", "ann@strasse.example"),
        ("stra\u00dfe@acme.example", "strasse@acme.example"),
        ("\u03bf\u03c2@acme.example", "\u03bf\u03c3@acme.example"),
        ("o\ufb03ce@acme.example", "office@acme.example"),
        ("ann@acme.example", "ann@acme.example."),
        ("", ""),
        (None, None),
        (None, "ann@acme.example"),
    ],
)
def test_letters_that_only_fold_alike_are_two_addresses(one: str | None, other: str | None) -> None:
    assert not same(one, other)


def test_a_domain_that_only_folds_alike_does_not_pass() -> None:
    assert is_allowed(["Strasse.example"], "mail", "ann@STRASSE.example")
    assert not is_allowed(["strasse.example"], "mail", "ann@stra\u00dfe.example")
    assert not is_allowed(["ann@strasse.example"], "mail", "ann@stra\u00dfe.example")
    assert not is_allowed(["chat:strasse*"], "chat", "stra\u00dfe-1")
    assert written_pattern("Stra\u00dfe.example") == "stra\u00dfe.example"


def test_nothing_but_a_search_folds_more() -> None:
    folding = {
        str(path.relative_to(WORKER)) for path in WORKER.rglob("*.py") if "casefold" in path.read_text(encoding="utf-8")
    }
    assert folding == SEARCHES.keys()
