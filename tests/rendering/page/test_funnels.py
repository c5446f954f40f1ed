from dataclasses import replace

import pytest

from tests.golden.digests import FUNNEL, NORMAL
from worker.domain.digest.model import Digest, SourceLine
from worker.domain.digest.sections import FunnelSection, FunnelStage
from worker.rendering.page import Cut
from worker.rendering.page.funnels import FunnelRows
from worker.rendering.vocabulary import NO_SERVICES
from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "UTC", 2026, VOCABULARY.words)
DE = Wording("de_DE", "UTC", 2026, VOCABULARY.words)


def test_a_funnel_of_a_handful_is_told_in_counts() -> None:
    stages = (FunnelStage("a", "Demo", False, 6, 0.5, 5, 0.4), FunnelStage("b", "Won", True, 2, None, 1, None))
    section = FunnelSection("funnel", FUNNEL.window, FUNNEL.compared, stages)
    funnels = FunnelRows(NORMAL, EN, Cut(), NO_SERVICES)
    assert [(r.advanced, r.change) for r in funnels.funnel_rows(section)] == [("3 of 6", "2 of 5"), ("–", "1")]


def test_a_stage_of_very_few_shows_counts_and_no_change() -> None:
    stages = (FunnelStage("a", "Lead", False, 40, 0.5, 30, 0.5), FunnelStage("b", "Demo", False, 4, 0.5, 9, 0.1))
    section = FunnelSection("funnel", FUNNEL.window, FUNNEL.compared, stages)
    funnels = FunnelRows(NORMAL, EN, Cut(), NO_SERVICES)
    assert [(r.advanced, r.change) for r in funnels.funnel_rows(section)] == [("50%", "="), ("2 of 4", "–")]


def asked(source: str, query: str) -> Digest:
    return replace(NORMAL, sources=(SourceLine("funnel", source, query, None, None, None),))


@pytest.mark.parametrize(
    ("source", "query", "english", "german"),
    [
        ("close", "funnel_stages", "Deals", "Deals"),
        ("sandbox", "funnel_stages", "Deals", "Deals"),
        ("umami", "funnel", "Visitors", "Besucher"),
        ("sandbox-umami", "saved_report", "Visitors", "Besucher"),
        ("elsewhere", "funnel", "Deals", "Deals"),
    ],
)
def test_a_funnel_says_what_its_query_counts(source: str, query: str, english: str, german: str) -> None:
    for w, head in ((EN, english), (DE, german)):
        assert FunnelRows(asked(source, query), w, Cut(), VOCABULARY).counted("funnel") == head


@pytest.mark.parametrize(
    ("source", "query", "english", "german"),
    [
        ("close", "funnel_stages", "share reaching the next stage", "Anteil bis zur nächsten Phase"),
        ("umami", "funnel", "share taking the next step", "Anteil bis zum nächsten Schritt"),
    ],
)
def test_a_legend_calls_the_rows_as_their_head_does(source: str, query: str, english: str, german: str) -> None:
    for w, share in ((EN, english), (DE, german)):
        rows = FunnelRows(asked(source, query), w, Cut(), VOCABULARY)
        assert rows.legend(FUNNEL).endswith(f": {share}.")
        assert rows.legend_text(FUNNEL.query_id).endswith(f": {share}.")
