"""`check --explain`: alert rules written out, so that they can be read again."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from worker.adapters.definitions.load import load
from worker.app import registry
from worker.entry.cli import app

PROJECT = """\
project: acme
connections: {crm: {type: sandbox}}
channels: {mail: {type: sandbox}}
"""
SCHEDULE = """\
when: {every: 15m}
report:
  - {id: deals, source: crm, query: opportunities, params: {status_type: active}}
  - {id: stalled, source: crm, query: opportunities, params: {is_stalled: true}}
to: [{id: team, channel: mail, address: a@acme.example}]
alerts:
  - {id: newly, for_each: stalled, rule: newly_stalled, above: 50000, currency: EUR}
  - {id: drop, on: deals, rule: change, of: value, currency: EUR, by: 10%, direction: down, severity: critical}
  - {id: five, for_each: {rows: deals, by: owner}, if: group.count >= 5, for: 1h30m, repeat: 1d, notify: team}
  - {id: gone, on: deals, rule: no_data, after: 5, labels: {team: sales}}
"""


def project(directory: Path, alerts: str = SCHEDULE) -> Path:
    (directory / "schedules").mkdir(parents=True, exist_ok=True)
    (directory / "funnelbeat.yaml").write_text(PROJECT)
    (directory / "schedules" / "watch.yaml").write_text(alerts)
    return directory


def check(directory: Path, *words: str) -> str:
    found = CliRunner().invoke(app, ["--project", str(directory), "check", *words])
    assert found.exit_code == 0, found.output
    return found.stdout


def test_a_ready_made_rule_is_shown_written_out(tmp_path: Path) -> None:
    shown = check(project(tmp_path), "--explain", "newly")
    assert shown.splitlines() == [
        "# schedules/watch: newly_stalled",
        "- id: newly",
        "  for_each: stalled.added",
        r'''  if: "row.stalled && row.currency == \"EUR\" && row.value > 50000"''',
    ]


@pytest.mark.parametrize("wanted", ["watch", "watch/five", "five"])
def test_a_rule_goes_by_its_id_and_all_by_their_schedule(wanted: str, tmp_path: Path) -> None:
    found = json.loads(check(project(tmp_path), "--explain", wanted, "--json"))["alerts"]
    ids = [one["written_out"]["id"] for one in found]
    assert ids == (["newly", "drop", "five", "gone"] if wanted == "watch" else ["five"])


def test_what_is_shown_is_read_as_the_same_rules(tmp_path: Path) -> None:
    """The proof that nothing is left out: the rules written out are the rules, but for the word they came from."""
    shown = check(project(tmp_path / "a"), "--explain", "watch")
    head = SCHEDULE.partition("alerts:\n")[0]
    again = project(tmp_path / "b", head + "alerts:\n" + shown)
    before, after = (load(one, registry(), {}).bundle for one in (tmp_path / "a", again))
    assert before is not None
    assert after is not None
    said = [
        [repr(rule).partition("ready_made")[0] for rule in one.schedules["watch"].alerts] for one in (before, after)
    ]
    assert said[0] == said[1]


def test_an_unknown_id_gets_the_nearest(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["--project", str(project(tmp_path)), "check", "--explain", "newley"])
    assert found.exit_code == 2
    assert "no alert has this id; did you mean newly?" in found.stderr
