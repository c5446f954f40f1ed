"""What is open by stage, in a first digest: as many stages as a mail has room for, and how many others there are."""

from dataclasses import replace

from tests.golden.digests import DIGESTS
from tests.rendering.test_templates import mail
from worker.domain.digest.model import StageSum
from worker.domain.money import Money
from worker.rendering.page import CUTS, Cut, Page
from worker.rendering.wording import Wording

EN = Wording("en_GB", "Europe/Berlin", 2026)
MANY = replace(
    DIGESTS["first"], stages=tuple(StageSum(f"Stage {n}", n % 7 + 1, (Money(100, "EUR"),)) for n in range(60))
)


def test_the_largest_stages_are_printed_in_the_order_of_the_pipeline() -> None:
    shortest = Page(MANY, EN, Cut(stages=8))
    assert [row.label for row in shortest.shown_stages] == [f"Stage {n}" for n in range(6, 60, 7)]
    assert shortest.other_stages == "52 smaller stages are left out here."
    assert Page(DIGESTS["first"], EN, CUTS[0]).other_stages == ""


def test_a_mail_says_how_many_stages_it_leaves_out() -> None:
    made = mail(MANY)
    for text in (made.text, made.html):
        assert "20 smaller stages are left out here." in " ".join(text.split())
