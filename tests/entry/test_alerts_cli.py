"""`alerts`, as a person or a script uses it; real Redis, real mail server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import MAIL, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis
from worker.entry import console

RULES = """\
alerts:
  - {id: big, name: A big deal, for_each: deals, if: row.value >= 5000, labels: {team: north}, repeat: 1d}
  - {id: slow, for_each: deals, if: row.value >= 6000, for: 2h}
  - {id: new-deal, for_each: deals.added, if: row.value > 0}
"""


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path / "project", MAIL.replace("digest:", f"{RULES}digest:")) as made:
        yield made


def listed(here: CommandLine, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = here.document_of("alerts", "list", *words)
    return found


def audited(here: CommandLine) -> list[tuple[str, str]]:
    return [(row["act"], row["subject"]) for row in here.document_of("audit")]


def test_an_alert_is_listed_acknowledged_and_taken_back(here: CommandLine) -> None:
    here.run()
    first = next(row for row in listed(here) if row["rule"] == "big")
    assert (first["state"], first["labels"]["team"], first["labels"]["schedule"]) == ("firing", "north", "asked")
    assert {row["rule"] for row in listed(here, "--match", "rule!=big")} == {"slow"}
    short = first["fingerprint"][:8]
    acked = here.document_of("alerts", "ack", short, "--comment", "Ann calls them")
    assert acked["acknowledged"]["comment"] == "Ann calls them"
    shown = here.call("alerts", "show", short).stdout
    assert "acknowledged by" in shown
    assert first["subject"]["name"] in shown
    assert here.document_of("alerts", "unack", short)["was_acknowledged"] is True
    assert here.document_of("alerts", "unack", short)["was_acknowledged"] is False
    named = f"asked/big {first['fingerprint']}"
    assert audited(here)[:3] == [("alerts unack", named), ("alerts unack", named), ("alerts ack", named)]


def test_a_silence_shows_what_it_mutes_and_needs_an_end_and_a_comment(here: CommandLine) -> None:
    here.run()
    firing = len([row for row in listed(here) if row["rule"] == "big"])
    preview = here.document_of("alerts", "silence", "rule=big", "--dry-run")
    assert len(preview["mutes"]) == firing > 1
    assert here.document_of("alerts", "silences") == []
    for words, problem in (
        (("rule=big", "--comment", "fair"), "either --for"),
        (("rule=big", "--for", "7d", "--yes"), "--comment: say why"),
        (("rule", "--for", "7d", "--comment", "x"), "is not a matcher"),
        (("rule=~(", "--for", "7d", "--comment", "x"), "cannot be read"),
        (("rule=big", "--for", "soon", "--comment", "x"), "--for: 'soon' is not a duration"),
        (("rule=big", "--until", "2020-01-01", "--comment", "x", "--yes"), "has passed"),
        (("rule=big", "--for", "7d", "--comment", "x"), "add --yes"),
    ):
        seen = here.call("alerts", "silence", *words)
        assert (seen.exit_code, problem in seen.stderr) == (console.WRONG, True), (words, seen.stderr)
    assert preview["warnings"] == []
    made = here.document_of(
        "alerts", "silence", "rule=big", 'team="north"', "--for", "7d", "--comment", "fair", "--yes"
    )
    assert (made["matchers"], len(made["mutes"])) == (['rule="big"', 'team="north"'], firing)
    (silenced, *_) = [row for row in listed(here) if row["rule"] == "big"]
    assert (silenced["quiet"]["why"], silenced["quiet"]["comment"]) == ("silenced", "fair")
    assert here.document_of("alerts", "expire", made["id"][:6])["id"] == made["id"]
    assert here.call("alerts", "expire", made["id"]).exit_code == console.WRONG
    assert [row["quiet"] for row in listed(here) if row["quiet"]] == []
    assert [one["id"] for one in here.document_of("alerts", "silences", "--ended")] == [made["id"]]
    assert [act for act, _ in audited(here)[:2]] == ["alerts expire", "alerts silence"]


def test_a_silence_with_a_misspelt_rule_is_made_and_said(here: CommandLine) -> None:
    here.deploy()
    slip = ("alerts", "silence", "rule=bigg", "--for", "7d", "--comment", "fair", "--yes")
    seen = here.call(*slip)
    assert (
        "warning: no deployed rule is called 'bigg'; did you mean `big`? There are: big, new-deal, slow" in seen.stderr
    )
    assert (seen.exit_code, here.document_of("alerts", "silences")[0]["matchers"]) == (0, ['rule="bigg"'])
    assert len(here.document_of(*slip, "--dry-run")["warnings"]) == 1


def test_one_alert_is_snoozed(here: CommandLine) -> None:
    here.run()
    first = next(row for row in listed(here) if row["rule"] == "big")
    made = here.document_of("alerts", "snooze", first["fingerprint"], "--for", "1h")
    assert (made["snooze"], [row["fingerprint"] for row in made["mutes"]]) == (True, [first["fingerprint"]])
    assert here.document_of("alerts", "show", first["fingerprint"])["quiet"]["why"] == "snoozed"
    assert "fingerprint=" in here.call("alerts", "silences").stdout


def test_a_name_that_fits_nothing_is_answered_with_what_there_is(here: CommandLine) -> None:
    first, second = here.call("alerts", "list").stdout.splitlines()
    assert first == "No alert fires."
    assert second.startswith("Not listed: events, which are told once and keep no state (asked/new-deal). `funnelbeat ")
    assert second.endswith(" deliveries` lists what was sent of them.")
    for words, problem in (
        (("show", "abcdef"), "no alert that fires or is pending"),
        (("show", "ab"), "at least 4 characters"),
        (("explain", "asked/bigg"), "did you mean asked/big?"),
        (("explain", "big"), "was not evaluated yet"),
        (("list", "other"), "no schedule 'other' is deployed"),
        (("backtest", "nothing"), "no rule 'nothing' is deployed"),
    ):
        seen = here.call("alerts", *words)
        assert (seen.exit_code, problem in seen.stderr) == (console.WRONG, True), (words, seen.stderr)


def test_explain_says_why_each_subject_fires_or_does_not(here: CommandLine) -> None:
    run = here.run()
    alerts = here.document_of("explain", run)["alerts"]
    balance = alerts["balance"]
    assert balance["even"]
    assert balance["fired"] == sum(balance["ends"].values()) + sum(balance["kept"].values()) > 0
    big, slow, events = alerts["rules"]
    firing = [one for one in big["subjects"] if one["standing"] == "firing"]
    quiet = [one for one in big["subjects"] if one["standing"] == "quiet"]
    assert len(firing) == len([row for row in listed(here) if row["rule"] == "big"])
    assert quiet[0]["next"] == [{"need": "condition", "texts": ["row.value >= 5000"], "at": None, "amount": None}]
    assert quiet[0]["clauses"][0]["operands"][0]["money"]["amount"] < 5_000_00
    assert [need["need"] for need in firing[0]["next"]] == ["end", "worse", "repeat"]
    pending = next(one for one in slow["subjects"] if one["standing"] == "pending")
    assert [need["need"] for need in pending["next"]] == ["time"]
    assert events["skipped"] == "first_event"
    text = here.call("explain", run).stdout
    assert "Alerts: " in text
    assert "next: it fires when row.value >= 5000" in text
    name = firing[0]["subject"]["name"]
    one = here.document_of("alerts", "explain", "big", name)
    assert {subject["subject"]["name"] for subject in one["subjects"]} == {name}
    assert "value unknown" not in here.call("alerts", "explain", "asked/big").stdout


def test_a_back_test_over_stored_runs_tells_what_was_told(here: CommandLine, tmp_path: Path) -> None:
    for _ in range(3):
        here.run()
    page = tmp_path / "page.html"
    tested = here.document_of("alerts", "backtest", "big", "--since", "30d", "--out", str(page))
    assert tested["runs"] == 3
    live = {
        (one["fingerprint"], one["reader"])
        for run in here.document_of("runs", "asked")["runs"]
        for one in here.document_of("explain", run["key"])["alerts"]["ends"]
    }
    big = {row["fingerprint"] for row in listed(here, "--match", "rule=big")}
    assert {(one["fingerprint"], one["reader"]) for one in tested["findings"]} >= {one for one in live if one[0] in big}
    assert sum(week["count"] for week in tested["messages"]) >= 2
    text = page.read_text("utf-8")
    assert "prefers-color-scheme:dark" in text
    assert tested["findings"][0]["name"] in text
    shown = here.call("alerts", "backtest", "asked/big").stdout
    assert "messages a week" in shown
    assert "█" in shown


def test_a_back_test_without_answers_says_so(here: CommandLine) -> None:
    assert "there is no stored answer" in here.call("alerts", "backtest", "big").stdout


def test_a_plan_says_what_a_changed_rule_would_have_told(here: CommandLine) -> None:
    for _ in range(3):
        here.run()
    path = here.place / "schedules" / "asked.yaml"
    path.write_text(path.read_text("utf-8").replace("row.value >= 5000", "row.value >= 4000"), "utf-8")
    (changed,) = here.document_of("plan")["alerts"]
    assert (changed["rule"], changed["change"], changed["noisy"]) == ("big", "changed", {})
    assert len(changed["back_test"]["findings"]) > len(here.document_of("alerts", "backtest", "big")["findings"])
    text = here.call("plan").stdout
    assert "alert asked/big (changed) would have told" in text
    assert "messages a week" in text
