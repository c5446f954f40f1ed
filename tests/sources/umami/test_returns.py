"""Those who came back, by their first day and in all."""

from pathlib import Path

import pytest

from tests.golden import two_mondays
from tests.measured.mails import entry
from tests.support.contents import mail_of
from worker.domain.snapshot.snapshot import Row, Table, table
from worker.sources.umami.over_time import COHORTS
from worker.sources.umami.returns import FIRST_DAYS, first_days, shares


def cohorts(*rows: tuple[str, int, int, int]) -> Table:
    listed = [Row(f"{date}|{day:02}", (date, day, new, back, back / new)) for date, day, new, back in rows]
    return table("cohorts", COHORTS, listed)


def test_a_day_that_has_not_come_is_not_known_and_nobody_is_zero() -> None:
    found = first_days(cohorts(("2026-11-12", 1, 20, 4), ("2026-11-12", 2, 20, 0), ("2026-11-13", 1, 10, 1)))
    assert [row.cells for row in found.rows] == [
        ("2026-11-12", 20, 0.2, 0.0, None, None, None),
        ("2026-11-13", 10, 0.1, None, None, None, None),
    ]


def test_a_share_is_of_all_people_and_no_mean_of_shares() -> None:
    measures = {one.key[1]: one.value for one in shares(cohorts(("2026-11-12", 1, 90, 9), ("2026-11-13", 1, 10, 5)))}
    assert measures["back_on_day_1"] == 0.14
    assert measures["back_on_day_7"] is None


def test_no_column_tells_a_change_a_second_time() -> None:
    assert not [column.name for column in FIRST_DAYS if column.significant]


RETENTION = """\
name: Returns
when: {cron: "0 8 * * MON", timezone: Europe/Berlin, catch_up: latest}
report:
  - id: returns
    source: umami
    query: retention
    window: last-week
    params: {websiteId: 7b0f3a52-6c1d-4e8a-9f24-5d3c1e0a7b91}
digest: {template: pipeline, send: always}
to:
  - {id: team, channel: email, address: sales@acme.example}
"""


@pytest.mark.parametrize(("locale", "every", "day"), [("en_GB", "All 7", "16 Nov"), ("de_DE", "Alle 7", "16. Nov.")])
async def test_a_digest_has_a_row_for_each_cohort_and_one_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str, every: str, day: str
) -> None:
    (tmp_path / "returns.yaml").write_text(RETENTION, "utf-8")
    monkeypatch.setitem(two_mondays.FILES, "returns", tmp_path / "returns.yaml")
    digest = [one async for one in two_mondays.mondays("returns", tmp_path / "project")][-1]
    lines = mail_of(digest, entry(locale)).text.splitlines()
    first, last = (next(n for n, line in enumerate(lines) if line.lstrip().startswith(name)) for name in (day, every))
    assert lines[first].count("%") == 4, "the seventh day has not come yet"
    assert lines[last].count("%") == 4
    cohorts = [int(line) for line in lines[first:last] if line.strip().isdecimal()]
    assert len(cohorts) == 7
    assert sum(cohorts) == int(lines[last + 1])
