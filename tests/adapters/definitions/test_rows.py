"""`rows`: a condition on the deals that a reader sees, checked where it is written."""

import pytest

from tests.adapters.definitions.conftest import Load
from tests.adapters.definitions.example import WEEKLY

SCHEDULE = "schedules/weekly.yaml"
ENTRY = "  - {id: team, channel: email, address: sales@ACME.example}"


def with_entry(words: str) -> str:
    return WEEKLY.replace(ENTRY, f"{ENTRY[:-1]}, {words}}}")


def test_an_entry_has_its_own_condition_or_that_of_the_digest(loading: Load) -> None:
    text = with_entry('rows: "row.value >= 50000", team_totals: true').replace(
        "send: always}", 'send: always, rows: "row.stalled"}'
    )
    loaded = loading({SCHEDULE: text})
    assert loaded.bundle is not None
    team, room = loaded.bundle.schedules["weekly"].to
    assert (team.rows, team.team_totals) == ("row.value >= 50000", True)
    assert (room.rows, room.team_totals) == ("row.stalled", False)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            'rows: "row.valu >= 50000"',
            "`rows` at character 5: row.valu, which is no column; did you mean value?",
        ),
        ('rows: "row.value >="', "`rows` at character 13: the condition ends too early; write a condition, such as"),
        ('rows: "value > 5"', "`rows`: the condition uses no `row`; write row.value, not value"),
        ('rows: "5 > 4"', "`rows`: the condition uses no `row`; write a condition, such as row.value >= 50000"),
        ("rows: [row.value]", "`rows`"),
        ("team_totals: yes", '`team_totals` with "yes"; write true or false'),
    ],
)
def test_a_wrong_condition_is_a_complaint_at_its_place(words: str, complaint: str, loading: Load) -> None:
    loaded = loading({SCHEDULE: with_entry(words)})
    (found,) = loaded.complaints
    assert (found.path, found.line) == (SCHEDULE, 18)
    assert complaint in str(found)


def test_a_condition_on_deals_wants_a_list_of_deals(loading: Load) -> None:
    text = with_entry('rows: "row.value > 1"')
    before, _, rest = text.partition("  - id: deals\n")
    without = before + rest.partition("digest: ")[1] + rest.partition("digest: ")[2].replace("bridge: deals, ", "")
    (found,) = loading({SCHEDULE: without}).complaints
    assert "`rows` in a schedule that lists no deals; leave it out" in str(found)
