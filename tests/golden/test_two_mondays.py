"""What readers of the shipped schedules get on two consecutive Mondays, against the files in weeks/. `GOLDEN=write`
writes them anew.
"""

import os
import re
from pathlib import Path

import pytest

from tests.golden import two_mondays
from tests.rendering.test_templates import mail
from tests.support.slack_golden import printed, rendered
from worker.domain.digest.model import Digest

FILES = Path(__file__).parent / "weeks"


def forms(digest: Digest) -> dict[str, str]:
    made = mail(digest)
    return {"txt": f"{made.subject}\n\n{made.text}", "json": printed(rendered(digest).posts), "html": made.html}


@pytest.mark.parametrize("name", sorted(two_mondays.FILES))
async def test_two_mondays_of_a_shipped_schedule_read_as_they_did(name: str, tmp_path: Path) -> None:
    digests = [digest async for digest in two_mondays.mondays(name, tmp_path)]
    for number, digest in enumerate(digests, 1):
        made = forms(digest)
        for suffix in ("txt", "json"):
            got, path = made[suffix], FILES / f"{name}.{number}.{suffix}"
            if os.environ.get("GOLDEN") == "write":
                FILES.mkdir(exist_ok=True)
                path.write_text(got, "utf-8")
            assert got == path.read_text("utf-8"), f"{path.name} differs; GOLDEN=write accepts it"


@pytest.mark.parametrize("name", sorted(two_mondays.FILES))
async def test_the_second_monday_shows_every_comparison_that_the_schedule_asks_for(name: str, tmp_path: Path) -> None:
    _, second = [digest async for digest in two_mondays.mondays(name, tmp_path)]
    compared = [section for section in second.figures if section.compared is not None]
    assert compared
    assert all(section.new_period for section in compared)
    for text in forms(second).values():
        assert len(re.findall(r"\bBefore\b", text)) >= len(compared)
        assert len(re.findall(r"\bNew period, ", text)) >= len(compared)


@pytest.mark.parametrize("name", sorted(two_mondays.FILES))
async def test_stalled_deals_stand_in_the_order_of_the_amounts_that_are_printed(name: str, tmp_path: Path) -> None:
    async for digest in two_mondays.mondays(name, tmp_path):
        for section in digest.stalled:
            for group in section.newly:
                amounts = [deal.annual.amount for deal in group.deals if deal.annual is not None]
                assert amounts == sorted(amounts, reverse=True)


def test_every_file_belongs_to_a_shipped_schedule() -> None:
    assert {path.name.split(".")[0] for path in FILES.iterdir()} == set(two_mondays.FILES)
