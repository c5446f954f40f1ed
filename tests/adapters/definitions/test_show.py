"""`show` names tables and columns of the query's answer: a wrong name is refused with its place and the nearest one."""

from pathlib import Path

import pytest

from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.load import load
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.public_holidays import PublicHolidays
from worker.plugins import CHANNEL_TYPES, CONNECTIONS

PROJECT = """\
project: acme
connections: {close: {type: sandbox}, pipedrive: {type: sandbox-pipedrive}, umami: {type: sandbox-umami}}
channels: {email: {type: sandbox}}
"""
SCHEDULE = """\
name: Week
when: {cron: "0 9 * * MON", timezone: Europe/Berlin, catch_up: latest}
report:
  - id: one
    {item}
    show: {show}
digest: {template: pipeline, send: always}
to:
  - {id: team, channel: email, address: sales@acme.example}
"""
SITE = "websiteId: 7b0f3a52-6c1d-4e8a-9f24-5d3c1e0a7b91"
UMAMI = "source: umami, query: {}, window: last-week, params: {{{}{}}}"
ITEMS = {
    "people": "source: pipedrive, query: movements, window: last-week, params: {id: 1, user_id: all}",
    "pipeline": "source: pipedrive, query: pipeline, params: {id: 1}",
    "by stage": "source: pipedrive, query: pipeline, params: {id: 1, by_stage: true}",
    "deals": "source: close, query: opportunities, params: {status_type: active}",
    "grouped": "source: close, query: opportunities, params: {status_type: active, _group_by: user_id}",
    "countries": UMAMI.format("breakdown", SITE, ", fields: [country]"),
    "returns": UMAMI.format("retention", SITE, ""),
    "hours": UMAMI.format("revenue", SITE, ", currency: USD, unit: hour"),
    "saved": UMAMI.format("saved_report", SITE.replace("websiteId", "reportId"), ""),
}


def said(place: Path, item: str, show: str) -> list[str]:
    keys = "\n    ".join(_split(ITEMS[item]))
    (place / "schedules").mkdir()
    (place / "funnelbeat.yaml").write_text(PROJECT, "utf-8")
    text = SCHEDULE.replace("{item}", keys).replace("{show}", show)
    (place / "schedules" / "week.yaml").write_text(text, "utf-8")
    loaded = load(place, Registry(CONNECTIONS, CHANNEL_TYPES, CelExpressions(), PublicHolidays()), {})
    line = 1 + text.split("\n").index(f"    show: {show}")
    for complaint in loaded.complaints:
        assert complaint.line == line
        assert show[complaint.column - len("    show: ") - 1 :].startswith(complaint.found.split('"')[1])
    return [f"{complaint.found}; {complaint.expected}" for complaint in loaded.complaints]


def _split(mapping: str) -> list[str]:
    """The entries of a flow mapping, one a line."""
    head, _, params = mapping.partition(", params: ")
    return [*head.split(", "), f"params: {params}"]


TABLE, COLUMN = "`tables` with {}, which is no table of `{}`; {}", "`columns` with {}, which is no column{}; {}"


@pytest.mark.parametrize(
    ("item", "show", "expected"),
    [
        ("people", "{tables: [poeple]}", TABLE.format('"poeple"', "movements", "did you mean `people`?")),
        ("people", "{tables: [ages, stagez]}", TABLE.format('"stagez"', "movements", "did you mean `stage_ages`?")),
        ("pipeline", "{tables: [stage_sums]}", TABLE.format('"stage_sums"', "pipeline", "write one of ")),
        ("deals", "{tables: [groups]}", TABLE.format('"groups"', "opportunities", "write `opportunities`")),
        ("returns", "{tables: [first_day]}", TABLE.format('"first_day"', "retention", "did you mean `first_days`?")),
        ("people", "{columns: [user, won_valeu]}", COLUMN.format('"won_valeu"', "", "did you mean `won_value`?")),
        (
            "people",
            "{tables: [people], columns: [user, average_age]}",
            COLUMN.format('"average_age"', " of `people`", "write one of closed, currency"),
        ),
        ("deals", "{columns: [titel]}", COLUMN.format('"titel"', "", "did you mean `title`?")),
        ("countries", "{columns: [country, visiters]}", COLUMN.format('"visiters"', "", "did you mean `visitors`?")),
        ("countries", "{columns: [browser]}", COLUMN.format('"browser"', "", "write one of ")),
        ("countries", "{order_by: -vists}", '`order_by` with "-vists", which is no column; did you mean `visits`?'),
        ("hours", "{tables: [chart], columns: [date]}", COLUMN.format('"date"', " of `chart`", "did you mean")),
    ],
)
def test_a_wrong_name_is_refused_with_its_place_and_the_nearest_one(
    tmp_path: Path, item: str, show: str, expected: str
) -> None:
    [found] = said(tmp_path, item, show)
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("item", "show"),
    [
        ("people", "{tables: [people, ages], columns: [user, open_value]}"),
        ("by stage", "{tables: [stage_sums]}"),
        ("grouped", "{tables: [groups], columns: [title, annual], order_by: -annual}"),
        ("countries", "{tables: [breakdown], columns: [country, visitors], order_by: -views}"),
        ("returns", "{tables: [cohorts], order_by: day}"),
        ("hours", "{tables: [chart], columns: [at, revenue]}"),
        ("saved", "{tables: [whatever], columns: [anything]}"),
        ("people", "{order_by: key}"),
    ],
)
def test_what_an_answer_has_is_taken(tmp_path: Path, item: str, show: str) -> None:
    assert said(tmp_path, item, show) == []
