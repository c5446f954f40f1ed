"""What a reader calls a query: its name in the definition, else its service's word, and never its id."""

from dataclasses import replace

import pytest

from tests.golden.digests import NORMAL
from worker.domain.digest.model import SourceLine
from worker.plugins import CONNECTIONS
from worker.rendering.page.query_names import QueryNames
from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "UTC", 2026, VOCABULARY.words)
DE = Wording("de_DE", "UTC", 2026, VOCABULARY.words)


def line(query_id: str, query: str = "funnel", **more: object) -> SourceLine:
    return replace(SourceLine(query_id, "umami", query, None, None, None), **more)  # type: ignore[arg-type]


def titles(*lines: SourceLine, w: Wording = EN) -> list[str]:
    names = QueryNames(replace(NORMAL, sources=lines), w)
    return [names.title(one.query_id) for one in lines]


def test_the_definitions_own_name_goes_before_the_services_word() -> None:
    assert titles(line("x1", name="Sign-up"), line("x2")) == ["Sign-up", "Funnel"]
    assert titles(line("x1", "attribution"), w=DE) == ["Herkunft"]


def test_queries_of_one_name_are_numbered_in_the_order_of_the_report() -> None:
    assert titles(line("a"), line("b"), line("c", "goal"), line("d")) == ["Funnel", "Funnel 2", "Goal", "Funnel 3"]


def test_a_list_of_stalled_deals_is_called_as_its_service_calls_it() -> None:
    rotten, idle = line("r", "stalled_deals", stalled=True, words="rotting"), line("i", "stalled_deals", stalled=True)
    assert titles(rotten, idle) == ["Rotting deals", "Stalled deals"]
    assert titles(rotten, idle, w=DE) == ["Überfällige Deals", "Stockende Deals"]


def test_a_name_that_shows_nothing_is_none() -> None:
    assert titles(line("x1", name="\u200b")) == ["Funnel"]


def test_a_query_that_no_line_tells_of_is_a_report() -> None:
    assert QueryNames(replace(NORMAL, sources=()), EN).title("x1") == "Report"


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_query_of_every_service_has_a_word(language: str) -> None:
    known = VOCABULARY.words[language]
    asked = {name for kind in CONNECTIONS.values() for name in kind.queries}
    assert {name for name in asked if not known.get(f"query.{name}")} == set()
