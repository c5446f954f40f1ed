from dataclasses import replace

import pytest

from tests.golden.digests import LIST_GAP, NORMAL
from worker.domain.digest.model import SourceLine, Standing
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


@pytest.mark.parametrize(
    ("sentence", "tries", "end"),
    [
        ("a redirect; is base_url right?", 1, "right?"),
        ("a redirect; is base_url right?", 3, "right? (3 tries)."),
        ("it broke off.", 1, "broke off."),
        ("the rest is …", 1, "rest is …"),
    ],
)
def test_the_sentence_of_a_missing_part_ends_once(sentence: str, tries: int, end: str) -> None:
    gap = replace(LIST_GAP, sentence=sentence, tries=tries)
    made = Page(replace(NORMAL, gaps=(gap,)), EN, Cut(), (), VOCABULARY)
    assert made.gap_lines[0].endswith(end)
