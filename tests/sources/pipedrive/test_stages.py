"""Stages of a pipeline in one table: what is open, how long deals stay, how many go on; no average of averages."""

from pathlib import Path

import pytest

from tests.golden import two_mondays
from tests.measured.mails import entry
from tests.support.contents import mail_of
from worker.domain.snapshot.snapshot import Row, Table, table
from worker.sources.pipedrive.names import Me, PipedriveNames, PipedriveStage
from worker.sources.pipedrive.stage_tables import stage_ages, stage_rates
from worker.sources.pipedrive.statistics_tables import AGES, CONVERSION, DAY

NAMES = PipedriveNames(
    me=Me("1", "Ada", "acme", None),
    users={},
    active=(),
    pipelines={},
    stages={
        key: PipedriveStage(key, name, "1", order, None, None)
        for order, (key, name) in enumerate((("10", "Qualified"), ("11", "Demo"), ("12", "Offer")))
    },
)


def rates(*rows: tuple[str, str | None, str | None, float | None]) -> Table:
    cells = ((user, user, came, came, went, went, rate) for user, came, went, rate in rows)
    return table("conversion", CONVERSION, (Row(f"{n}", one) for n, one in enumerate(cells)))


def test_of_several_people_the_least_and_the_greatest_are_told() -> None:
    rows = [("1", "10", 3.0), ("2", "10", 9.0), ("3", "10", None), ("1", "11", 4.0)]
    cells = ((user, user, stage, stage, None if days is None else days * DAY) for user, stage, days in rows)
    found = stage_ages(table("ages", AGES, (Row(f"{n}", one) for n, one in enumerate(cells))), NAMES)
    assert [row.cells for row in found.rows] == [("10", "Qualified", 0, 3, 9), ("11", "Demo", 1, 4, 4)]


def test_only_the_step_to_the_next_stage_counts_and_a_person_without_deals_counts_for_nothing() -> None:
    found = stage_rates(
        rates(
            ("1", "10", "11", 0.5),
            ("1", "10", "12", 0.9),
            ("1", None, None, 0.4),
            ("2", "10", "11", 0.0),
            ("2", "11", "12", 0.25),
            ("3", "10", "11", 0.0),
            ("3", "11", "12", 0.0),
        ),
        NAMES,
    )
    assert [row.cells for row in found.rows] == [("10", "Qualified", 0, 0.0, 0.5), ("11", "Demo", 1, 0.25, 0.25)]


@pytest.mark.parametrize(
    ("locale", "title", "head"),
    [("en_GB", "Stages", "Stage, average days"), ("de_DE", "Phasen", "Phase, Tage im Mittel")],
)
async def test_a_digest_has_one_table_of_stages_in_their_order(
    tmp_path: Path, locale: str, title: str, head: str
) -> None:
    digests = [one async for one in two_mondays.mondays("pipedrive-week", tmp_path)]
    text = mail_of(digests[-1], entry(locale)).text
    section = text.partition(f"{title.upper()}\n")[2].partition("\n\n")[0]
    assert head in section
    places = [section.index(stage) for stage in ("Qualified", "Demo", "Proposal", "Negotiation")]
    assert places == sorted(places)
    assert section.count("–") > 2
    assert "Unknown" not in section
    assert text.count(f"{title.upper()}\n") == 1
