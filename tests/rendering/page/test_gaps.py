from dataclasses import replace

import pytest

from tests.golden.digests import LIST_GAP, NORMAL
from worker.domain.digest.model import SourceLine, Standing
from worker.domain.snapshot.snapshot import GapReason
from worker.rendering.page import Cut, Page
from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "UTC", 2026, VOCABULARY.words)


def page(source: str, query: str, key: str | None) -> Page:
    line = SourceLine("deals", source, query, None, None, None, LIST_GAP)
    missing = replace(NORMAL, standing=Standing.UNKNOWN, key_query=key, sources=(line,), gaps=(LIST_GAP,))
    return Page(missing, EN, Cut(), (), VOCABULARY)


@pytest.mark.parametrize(
    ("source", "query", "matters"),
    [
        ("close", "opportunities", True),
        ("pipedrive", "deals", True),
        ("sandbox-pipedrive", "stalled_deals", True),
        ("close", "funnel_totals", False),
        ("umami", "stats", False),
    ],
)
def test_a_missing_list_of_deals_matters_whichever_service_it_is_of(source: str, query: str, matters: bool) -> None:
    assert page(source, query, None).gap_matters is matters


@pytest.mark.parametrize(("source", "query"), [("close", "opportunities"), ("pipedrive", "deals")])
def test_the_subject_names_the_missing_list_the_same_for_each_service(source: str, query: str) -> None:
    assert page(source, query, "deals").subject == "Incomplete: deal list missing · Weekly pipeline"


@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
@pytest.mark.parametrize("tries", [1, 4])
@pytest.mark.parametrize("reason", list(GapReason))
def test_a_reader_is_told_why_a_part_is_missing_in_words_of_their_language(
    reason: GapReason, tries: int, locale: str
) -> None:
    gap = replace(LIST_GAP, reason=reason, sentence="GET /opportunity/: 503 Service Unavailable", tries=tries)
    sources = (replace(NORMAL.sources[0], rows=None, total=None), *NORMAL.sources[1:])
    w = Wording(locale, "UTC", 2026, VOCABULARY.words)
    made = Page(replace(NORMAL, gaps=(gap,), sources=sources), w, Cut(), (), VOCABULARY)
    [line] = made.gap_lines
    assert line.startswith("Deals: Close ")
    assert line.endswith(".")
    assert "GET" not in line
    counted = reason is not GapReason.NOT_KNOWABLE and tries > 1
    assert ("4" in line) is counted


def test_a_list_that_came_in_part_says_how_much_of_it_came() -> None:
    source = replace(NORMAL.sources[0], rows=20, total=38)
    made = Page(replace(NORMAL, gaps=(LIST_GAP,), sources=(source,)), EN, Cut(), (), VOCABULARY)
    assert made.gap_lines[0].startswith("Deals: Close gave 20 of 38 rows")


def test_a_missing_part_that_is_no_list_counts_as_unknown_and_not_as_zero() -> None:
    found = page("umami", "stats", None)
    assert found.gap_consequence == "It counts as unknown, not as zero."
