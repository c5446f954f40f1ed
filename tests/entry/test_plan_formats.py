"""`plan` for a team: fields, Markdown and exit statuses; real Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import MAIL, CommandLine, command_line
from worker.adapters import public_holidays
from worker.adapters.redis_server import EmbeddedRedis


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path / "project", MAIL) as made:
        yield made


def edit(here: CommandLine, old: str, new: str) -> None:
    path = here.place / "schedules" / "asked.yaml"
    good = path.read_text("utf-8")
    assert old in good
    path.write_text(good.replace(old, new), "utf-8")


def test_the_fields_of_what_changed_are_listed_with_their_values(here: CommandLine) -> None:
    edit(here, "every: 23h", 'cron: "0 9 * * MON"')
    edit(here, "sales@acme.example", "all@acme.example")
    text = here.call("plan").stdout
    assert "    asked, when.cron: none → 0 9 * * MON\n" in text
    assert "    asked, to.team.address: sales@acme.example → all@acme.example\n" in text
    fields = here.document_of("plan")["changes"]["fields"]
    assert {"kind": "schedule", "name": "asked", "field": "when.every", "before": "23h", "after": None} in fields


def test_the_value_of_a_secret_is_in_no_plan(here: CommandLine) -> None:
    path = here.place / "funnelbeat.yaml"
    good = path.read_text("utf-8")
    for key in ("5up3r-0ne", "5up3r-tw0"):
        path.write_text(
            good.replace("{type: sandbox}}", f"{{type: sandbox}}, crm: {{type: close, api_key: {key}}}}}", 1), "utf-8"
        )
        for words in (("plan",), ("plan", "--json"), ("plan", "--format", "markdown")):
            shown = here.call(*words)
            assert shown.exit_code == 0, shown.output
            assert "5up3r" not in shown.output
        here.call("deploy", "--yes")


def test_markdown_is_a_comment_that_no_text_of_a_file_breaks(here: CommandLine) -> None:
    assert "Nothing changes against what is deployed." in here.call("plan", "--format", "markdown").stdout
    edit(here, "name: By mail", 'name: "<b>| @everyone [x](https://evil.example) `y`"')
    edit(here, "held@acme.example", "new@acme.example")
    text = here.call("plan", "--format", "markdown").stdout
    assert text.startswith("## Funnelbeat plan\n\nSchedules: 1 changed.\n")
    assert "| schedule asked | to.held.address | held&#64;acme.example | new&#64;acme.example |" in text
    assert "<b>" not in text
    assert "@everyone" not in text
    tables = [line for line in text.splitlines() if line.startswith("| schedule asked | ")]
    assert {line.count("|") for line in tables} == {5}
    assert "<details><summary>Coming runs</summary>" in text


def test_a_calendar_that_ends_before_the_plan_does_is_named(here: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(public_holidays._ENDS_SOONER, "DE", 2020)
    edit(here, "every: 23h", 'cron: "0 9 LW * *", holidays: DE')
    ends = "public holidays of DE are known until 2020; from 1 January 2021 on, every day counts as none."
    assert f"asked: {ends}\n" in here.call("plan").stdout
    assert f"- asked: {ends}\n" in here.call("plan", "--format", "markdown").stdout
    shown = {row["schedule"]: row["calendar_ends"] for row in here.document_of("plan")["schedules"]}
    assert shown["asked"] == [{"calendar": "DE", "last_year": 2020}]


def test_the_exit_status_says_whether_something_changes(here: CommandLine) -> None:
    assert here.call("plan", "--detailed-exitcode").exit_code == 0
    edit(here, "every: 23h", "every: 22h")
    assert here.call("plan").exit_code == 0
    assert here.call("plan", "--detailed-exitcode").exit_code == 2
    assert here.call("plan", "--detailed-exitcode", "--json").exit_code == 2
    edit(here, "every: 22h", "evry: 22h")
    assert here.call("plan").exit_code == 2
    assert here.call("plan", "--detailed-exitcode").exit_code == 1


def test_people_and_addresses_are_changes_too(here: CommandLine) -> None:
    """`up` took a project with other people for one in which nothing changes."""
    path = here.place / "funnelbeat.yaml"
    path.write_text(path.read_text("utf-8") + "people: {user_ann: {email: ann@acme.example}}\n", "utf-8")
    assert "added    person user_ann" in here.call("plan").stdout


def test_one_form_at_a_time(here: CommandLine) -> None:
    result = here.call("plan", "--format", "markdown", "--json")
    assert (result.exit_code, "--format beside --json" in result.output) == (2, True)


def test_a_schedule_that_has_ended_is_told_by_check_and_plan(here: CommandLine) -> None:
    """`plan` said that it does not fire for two weeks, which reads as if it fired then."""
    edit(here, "name: By mail", "name: By mail\nend: 2026-01-05")
    seen = here.call("check")
    said = "warning: schedules/asked.yaml:3:6: `end`, which has passed: asked never fires again; write a later one"
    assert (seen.exit_code, said in seen.stderr) == (0, True)
    assert here.call("check", "--strict").exit_code == 2
    assert "asked has ended, at 2026-01-04T23:00:00Z.\n" in here.call("plan").stdout
