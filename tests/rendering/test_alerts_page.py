"""The page behind the link of a mail about alerts: what stands first, and what its subjects are called."""

import re

import pytest

from tests.golden.alert_pages import ALERT_PAGES
from worker.rendering.alerts_page import alerts_page_html


def headings(page: str) -> list[str]:
    return [re.sub(r"<[^>]*>", "", one) for one in re.findall(r"<h2>(.*?)</h2>", page)]


def test_what_waits_for_an_answer_stands_first_the_largest_of_it_before_the_rest() -> None:
    assert headings(alerts_page_html(ALERT_PAGES["alerts"])) == [
        "Halvorsen Marine, €52,000",
        "Pellworm Shipping, €50,500",
        "Won share under 30%, 18%",
        "Big deal stalled",
        "Lumen Harbour Hotels, €65,000",
        "Tallis &amp; Rowe, €19,500",
    ]


def test_a_reader_never_sees_the_id_of_a_query() -> None:
    page = alerts_page_html(ALERT_PAGES["alerts"])
    assert "won-and-lost" not in page
    assert "stalled-deals" not in page
    assert "<bdi>No data</bdi> · " in page


@pytest.mark.parametrize(("name", "filled"), [("alerts-one", 1), ("alerts", 0), ("alerts-acked", 0)])
def test_one_button_is_filled_where_one_alert_waits(name: str, filled: int) -> None:
    assert alerts_page_html(ALERT_PAGES[name]).count('class="save"') == filled
