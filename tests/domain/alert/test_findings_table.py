"""The CSV of a notification holds every finding, and no cell that a spreadsheet would run."""

import csv
import io
from dataclasses import replace

from tests.golden.alerts import CARRIED, CURRENCIES, GROUP, HOSTILE, LONG
from worker.domain.alert.findings_table import COLUMNS, findings_table
from worker.domain.alert.notification import Notification
from worker.domain.digest.csv import as_csv


def rows(notification: Notification) -> list[dict[str, str]]:
    text = as_csv(findings_table(notification), {}).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_finding_has_a_row_under_its_fingerprint() -> None:
    found = rows(LONG)
    assert [one["id"] for one in found] == [one.fingerprint for one in LONG.findings]
    assert (found[0]["name"], found[0]["value"], found[0]["currency"]) == ("Aldgate Aldgate Ltd", "90000.00", "EUR")


def test_an_amount_that_is_not_known_is_empty_and_one_that_is_no_money_is_a_number() -> None:
    assert [one["value"] for one in rows(CURRENCIES)] == ["52000.00", "751234550", "60000.50", ""]
    assert [(one["value"], one["number"]) for one in rows(GROUP)] == [("", "5")]


def test_one_that_is_over_says_since_when() -> None:
    assert [one["over_since"] for one in rows(CARRIED)] == ["", "", "2026-11-17T10:05:00+00:00"]


def test_no_cell_runs_in_a_spreadsheet() -> None:
    [one, *_] = HOSTILE.findings
    active = replace(one, facts=replace(one.facts, name="=cmd()", owner="+1", stage="@x"))
    [found] = rows(replace(HOSTILE, findings=(active,)))
    assert [found[name][0] for name in ("name", "owner", "stage")] == ["'", "'", "'"]
    assert set(found) == {"id", *(column.name for column in COLUMNS)}
