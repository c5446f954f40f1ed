"""What readers of the shipped schedules get on two consecutive Mondays, against the files in weeks/. `GOLDEN=write`
writes them anew.
"""

import html
import os
from pathlib import Path

import pytest

from tests.golden import two_mondays
from tests.rendering.test_templates import mail
from tests.support.slack_golden import printed, rendered
from worker.domain.digest.model import Digest
from worker.sanitize import plain

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
    plan = two_mondays.schedule(name, tmp_path / "again")
    asked = {item.id for item in plan.report if item.compare is not None}
    assert asked
    windows = {one.query_id: one.compared for one in second.funnels}
    windows |= {one.query_id: one.compared for one in second.figures}
    windows |= {one.query_id: one.compared for one in second.tables}
    joined = {"sales", "origins"} if "" in windows else set()
    measured = {second.measure.query_id} if second.measure is not None else set()
    assert asked <= {query for query, window in windows.items() if window} | joined | measured
    for text in forms(second).values():
        for change in CHANGES[name]:
            assert change in plain(html.unescape(text))


CHANGES = {
    "umami-week": ("−3.2 pp", "−29", "−US$760.00", "+US$178.50", "−US$3.03"),
    "pipedrive-week": ("5 of 6", "−€8,433"),
    "weekly-pipeline": ("New period, ", "−8.3 pp", "−€57,692"),
}
"""What moved in the second week, in each schedule."""


@pytest.mark.parametrize("name", sorted(two_mondays.FILES))
async def test_stalled_deals_stand_in_the_order_of_the_amounts_that_are_printed(name: str, tmp_path: Path) -> None:
    async for digest in two_mondays.mondays(name, tmp_path):
        for section in digest.stalled:
            for group in section.newly:
                amounts = [deal.annual.amount for deal in group.deals if deal.annual is not None]
                assert amounts == sorted(amounts, reverse=True)


def test_every_file_belongs_to_a_shipped_schedule() -> None:
    assert {path.name.split(".")[0] for path in FILES.iterdir()} == set(two_mondays.FILES)
