"""plan, pause, resume and a missed slot, as a person or a script uses them."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import redis
from typer.testing import CliRunner, Result

from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.triggers import ApTriggers
from worker.domain.run import stamp
from worker.domain.schedule import Trigger
from worker.entry.cli import app

ID = "weekly-pipeline"
DAY = f"{datetime.now(ZoneInfo('Europe/Berlin')) + timedelta(days=3):%a}".upper()
"""A weekday that is neither today nor tomorrow: no slot comes, and no week ends, while a test runs."""
NINE, HALF_PAST = f'"0 9 * * {DAY}"', f'"30 9 * * {DAY}"'
OFTEN = """
when: {every: 5m}
report: [{id: stalled, source: close, query: opportunities, params: {is_stalled: true}}]
alerts:
  - id: big
    for_each: stalled
    if: row.value >= 50000
    notify: [{id: team, channel: email, address: a@acme.example}, {id: boss, channel: email, address: b@acme.example}]
"""
WEEKLY = Trigger("cron", "Europe/Berlin", NINE.strip('"'))


@pytest.fixture
def weekly(tmp_path: Path, empty_redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example schedule of a project as `init` writes it, on a Redis of its own; commands run in that project."""
    monkeypatch.setenv("FUNNELBEAT_REDIS_URL", empty_redis.url)
    monkeypatch.setenv("FUNNELBEAT_BROKER_URL", empty_redis.broker_url)
    assert call("init", str(tmp_path / "acme"), "--zone", "Europe/Berlin").exit_code == 0
    monkeypatch.chdir(tmp_path / "acme")
    path = tmp_path / "acme" / "schedules" / f"{ID}.yaml"
    for other in path.parent.glob("*.yaml"):
        if other != path:
            other.unlink()
    edit(path, '"0 9 * * MON"', NINE)
    return path


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def document_of(*words: str) -> Any:
    return json.loads(call(*words, "--json").stdout)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def weekly_slots(found: Any) -> list[datetime]:
    """Those at nine that a plan covers, in UTC."""
    now, until = datetime.fromisoformat(found["now"]), datetime.fromisoformat(found["until"])
    return list(takewhile(lambda slot: slot < until, ApTriggers().upcoming(WEEKLY, now)))


def overdue(server: EmbeddedRedis, weeks: int) -> list[datetime]:
    """As though nobody had looked for some weeks: the slots that came meanwhile, oldest first."""
    slots: list[datetime] = []
    before = datetime.now(UTC)
    for _ in range(weeks):
        found = ApTriggers().previous(WEEKLY, before)
        assert found is not None
        before = found
        slots.insert(0, found)
    with redis.Redis.from_url(server.url) as client:
        client.zadd("acme:due", {ID: int(slots[0].timestamp() * 1000)})
    return slots


def test_plan_names_every_run_in_local_time_and_utc_with_its_readers_and_requests(weekly: Path) -> None:
    found = document_of("plan", "--days", "15")
    slots = weekly_slots(found)
    assert len(slots) in (2, 3)
    assert [run["slot"] for run in found["runs"]] == [stamp(slot) for slot in slots]
    first = found["runs"][0]
    assert first["local"] == slots[0].astimezone(ZoneInfo("Europe/Berlin")).isoformat()
    assert (first["zone"], first["due"], first["readers"]) == ("Europe/Berlin", first["slot"], 2)
    assert first["unknown"] == ["deals", "stalled"], "no list was read yet"
    assert found["changes"]["added"] == [ID]
    assert len(found["changes"]["readers_added"]) == 2
    shown = call("plan", "--days", "15").stdout
    assert f"{slots[0].astimezone(ZoneInfo('Europe/Berlin')):%a %d %b} 09:00:00 Europe/Berlin" in shown
    assert stamp(slots[0]) in shown
    assert "2 readers  6 requests or more" in shown


def test_plan_shows_what_waits_for_the_end_of_quiet_hours_and_the_messages_of_a_week(weekly: Path) -> None:
    edit(weekly, "address: sales@acme.example", "address: sales@acme.example, quiet_hours: {from: 08:30, to: 10:00}")
    first = document_of("plan", "--days", "15")["runs"][0]
    (shift,) = first["shifts"]
    assert datetime.fromisoformat(shift["until"]) - datetime.fromisoformat(first["due"]) == timedelta(hours=1)
    assert (shift["readers"], shift["superseded"]) == (["team|sales@acme.example"], False)
    shown = call("plan", "--days", "15").stdout
    assert "  1 reader → 10:00 Europe/Berlin, quiet hours" in shown
    assert "email:sales@acme.example, next 7 days: 1 message." in shown


def test_plan_names_the_next_run_of_a_schedule_that_has_none_within_it(weekly: Path) -> None:
    """It said "does not fire until" the plan's end, as if it fired then."""
    far = (datetime.now(UTC) + timedelta(days=150)).month
    edit(weekly, NINE, f'"0 9 last-working-day {far} *"')
    (slot,) = islice(ApTriggers().upcoming(replace(WEEKLY, expression=f"0 9 LW {far} *"), datetime.now(UTC)), 1)
    local = slot.astimezone(ZoneInfo("Europe/Berlin"))
    said = " ".join(call("plan").stdout.split())
    until = stamp(datetime.fromisoformat(document_of("plan")["until"]))[:10]
    assert f"{ID} has no run before {until}" in said
    assert f"; the next is due on {local:%a %d %b %Y} 09:00 Europe/Berlin." in said


def test_plan_says_how_many_messages_an_address_gets_at_most(weekly: Path) -> None:
    project = weekly.parents[1] / "funnelbeat.yaml"
    edit(project, "defaults: {", "defaults: {cap: {messages: 5, per: 1d}, ")
    assert document_of("plan")["cap"] == {"messages": 5, "seconds": 86_400}
    assert "Each address gets at most 5 messages in 1d; one more message names the other" in call("plan").stdout


def test_lists_that_were_read_have_a_cost(weekly: Path) -> None:
    call("deploy", "--yes")
    before = document_of("plan")["schedules"][0]
    call("run", ID)
    after = document_of("plan")["schedules"][0]
    assert after["unknown"] == []
    assert after["requests_per_run"] >= before["requests_per_run"] + 2
    edit(weekly, "is_stalled: true", "is_stalled: false")
    assert document_of("plan")["schedules"][0]["unknown"] == ["stalled"], "what is asked now was never answered"


def test_plan_says_what_a_deployment_would_change_and_deploy_does_it(weekly: Path) -> None:
    call("deploy", "--yes")
    assert "Nothing changes against what is deployed." in call("plan").stdout
    edit(weekly, NINE, HALF_PAST)
    edit(weekly, "sales@acme.example", "boss@acme.example")
    edit(weekly, "name:", "spread: 20m\nname:")
    found = document_of("plan")["changes"]
    assert found["changed"] == [ID]
    assert found["readers_added"] == [{"schedule": ID, "reader": "team|boss@acme.example"}]
    assert found["readers_removed"] == [{"schedule": ID, "reader": "team|sales@acme.example"}]
    (moves,) = found["runs"]
    was, new = moves["moved"][0]["from"], moves["moved"][0]["to"]
    assert datetime.fromisoformat(new["slot"]) - datetime.fromisoformat(was["slot"]) == timedelta(minutes=30)
    assert (moves["appear"], moves["vanish"]) == ([], [])
    late = datetime.fromisoformat(new["due"]) - datetime.fromisoformat(new["slot"])
    assert timedelta() < late < timedelta(minutes=20)
    shown = call("deploy", "--yes").stdout
    assert f"run moves     {ID}  {was['slot']} → {new['slot']} (due {new['due']})" in shown
    assert document_of("plan")["changes"]["runs"] == []


def test_plan_shows_a_rename_as_one_thing_and_a_removal_as_what_vanishes(weekly: Path) -> None:
    call("deploy", "--yes")
    heir = weekly.with_name("monday.yaml")
    heir.write_text(f"previously: {ID}\n" + weekly.read_text(encoding="utf-8"), encoding="utf-8")
    weekly.unlink()
    found = document_of("plan")["changes"]
    assert (found["renamed"], found["added"], found["removed"]) == ([{"from": ID, "to": "monday"}], [], [])
    assert (found["runs"], found["readers_added"], found["readers_removed"]) == ([], [], [])
    assert document_of("deploy", "--yes")["renamed"] == [f"{ID} → monday"]
    heir.write_text("when: {every: 23h}\nreport: []\n", encoding="utf-8")
    assert call("plan").exit_code == 2
    heir.unlink()
    gone = document_of("plan", "--days", "8")
    assert gone["changes"]["removed"] == ["monday"]
    vanish = [fire["slot"] for fire in gone["changes"]["runs"][0]["vanish"]]
    assert vanish == [stamp(slot) for slot in weekly_slots(gone)]


def test_many_runs_of_one_schedule_take_one_line_and_hide_no_other_schedule(weekly: Path) -> None:
    """Sixty lines of one schedule were printed, and no run of any other."""
    weekly.with_name("often.yaml").write_text(OFTEN, encoding="utf-8")
    found = document_of("plan")
    (often, week) = found["schedules"]
    assert often["runs"] in (4032, 4033)
    assert len([run for run in found["runs"] if run["schedule"] == "often"]) == 500
    first, second, third, fourth = [run for run in found["runs"] if run["schedule"] == "often"][:4]
    runs = call("plan").stdout.partition("Deploying changes:")[0].splitlines()
    lines = [line for line in runs if "  often  " in line]
    assert len(lines) == 1
    assert f"  {first['slot']}  often" in lines[0]
    assert "  2 told by alerts  " in lines[0]
    assert lines[0].endswith(f": {often['runs']} runs")
    clock = [datetime.fromisoformat(run["local"]).strftime("%H:%M") for run in (second, third, fourth)]
    assert all(time in lines[0].rpartition("then ")[2] for time in clock)
    assert len([line for line in runs if f"  {ID}  " in line]) == week["runs"]


def test_a_change_that_shifts_many_runs_is_counted(weekly: Path) -> None:
    """Eight runs had a line each, "and 444 more" did not say of what, and nothing said how far was compared."""
    often = weekly.with_name("often.yaml")
    often.write_text(OFTEN.replace("every: 5m", "cron: '*/5 * * * *'"), encoding="utf-8")
    call("deploy", "--yes")
    edit(often, "*/5 * * * *", "30 * * * *")
    (moves,) = document_of("plan")["changes"]["runs"]
    assert len(moves["vanish"]) > 400
    assert moves["appear"] == moves["moved"] == []
    shown = call("plan").stdout.partition("Deploying changes:")[2].splitlines()
    first = [fire["slot"] for fire in moves["vanish"][:3]]
    count, end = len(moves["vanish"]), moves["until"]
    assert [line for line in shown if line.startswith("  run")] == [
        f"  runs vanish   often  {count} until {end}, later ones not compared: {', '.join(first)}, …"
    ]
    edit(often, "30 * * * *", "2-57/5 * * * *")
    kinds = [line.split()[1] for line in call("plan").stdout.splitlines() if line.startswith("  runs ")]
    assert kinds[0] == "move"
    assert len(kinds) == len(set(kinds)), "a line for each kind"
    comment = call("plan", "--format", "markdown").stdout
    assert "| Schedule | Appear | Vanish | Move | Until |" in comment


def test_the_next_run_of_every_schedule_is_printed_before_the_second_of_another(weekly: Path) -> None:
    text = weekly.read_text(encoding="utf-8")
    others = [f"other-{number:02}" for number in range(65)]
    for name in others:
        weekly.with_name(f"{name}.yaml").write_text(text, encoding="utf-8")
    edit(weekly, NINE, f'"0 10 * * {DAY}"')
    shown = call("plan").stdout.partition("Deploying changes:")[0].splitlines()
    for name in (ID, *others):
        assert any(f"  {name} " in line for line in shown), name
    (left,) = (line for line in shown if " more until " in line)
    assert left.startswith(f"and {len(document_of('plan')['runs']) - 66} runs more until ")


def test_digests_of_a_folded_schedule_that_wait_for_quiet_hours_are_counted(weekly: Path) -> None:
    edit(weekly, f"cron: {NINE}", "cron: '0 8-18 * * *'")
    edit(weekly, "address: sales@acme.example", "address: sales@acme.example, quiet_hours: {from: 16:30, to: 17:30}")
    assert "; digests of 14 wait for the end of quiet hours" in call("plan").stdout


def test_no_time_of_a_plan_has_milliseconds(weekly: Path) -> None:
    far = (datetime.now(UTC) + timedelta(days=150)).month
    edit(weekly, NINE, f'"0 9 last-working-day {far} *"')
    weekly.with_name("often.yaml").write_text(OFTEN, encoding="utf-8")
    assert re.search(r"\d\.\d{3}Z", call("plan").stdout) is None


def test_schedules_says_who_is_told_by_alerts_where_nobody_gets_a_digest(weekly: Path) -> None:
    weekly.with_name("often.yaml").write_text(OFTEN, encoding="utf-8")
    call("deploy", "--yes")
    shown = call("schedules").stdout.splitlines()
    assert any(line.startswith("often ") and "  2 told by alerts  " in line for line in shown)
    assert [row["readers"] for row in document_of("schedules")] == [0, 2]


def test_a_paused_schedule_fires_nothing_until_it_is_resumed(weekly: Path) -> None:
    call("deploy", "--yes")
    far = (datetime.now(UTC) + timedelta(days=9)).replace(microsecond=0)
    seen = document_of("pause", ID, "--until", far.isoformat())
    assert seen == {"schedule": ID, "paused": True, "until": stamp(far)}
    found = document_of("plan")
    assert all(run["slot"] >= stamp(far) for run in found["runs"])
    assert (found["schedules"][0]["paused"], found["schedules"][0]["paused_until"]) == (True, stamp(far))
    assert f"{ID} is paused until {stamp(far)}." in call("plan").stdout
    assert document_of("pause", ID) == {"schedule": ID, "paused": True, "until": None}
    assert document_of("plan", "--days", "60")["runs"] == []
    assert document_of("resume", ID) == {
        "schedule": ID,
        "paused": False,
        "was_paused": True,
        "next": stamp(weekly_slots(found)[0]),
    }
    assert "was not paused" in call("resume", ID).stdout


def test_a_pause_may_last_as_long_as_a_snooze_does(weekly: Path) -> None:
    """`pause` knew only --until, while `alerts snooze` and `alerts silence` knew --for."""
    call("deploy", "--yes")
    before = datetime.now(UTC)
    end = datetime.fromisoformat(document_of("pause", ID, "--for", "2d")["until"])
    assert timedelta(days=2) <= end - before + timedelta(milliseconds=1) < timedelta(days=2, minutes=5)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("pause", "nope"), "no schedule 'nope' is deployed"),
        (("resume", "nope"), "no schedule 'nope' is deployed"),
        (("pause", ID, "--until", "soon"), "--until: found 'soon'"),
        (("pause", ID, "--until", "2001-01-01"), "which has passed"),
        (("pause", ID, "--for", "soon"), "--for: "),
        (("pause", ID, "--for", "2d", "--until", "2031-01-01"), "found --for beside --until"),
        (("run", ID, "--for-slot", "2001-01-01T09:00"), "is no missed slot"),
        (("run", ID, "--for-slot", "2001-01-01", "--dry-run"), "--for-slot beside"),
    ],
)
def test_a_request_that_is_wrong_is_said_and_ends_with_2(weekly: Path, words: tuple[str, ...], sentence: str) -> None:
    call("deploy", "--yes")
    seen = call(*words)
    assert seen.exit_code == 2
    assert sentence in seen.output


def test_pausing_wants_a_deployment(weekly: Path) -> None:
    assert call("pause", ID).exit_code == 2
    assert "deploy" in document_of("pause", ID)["sentence"]


def test_a_missed_slot_is_run_for_its_own_window_and_the_newest_also_with_the_state_of_now(
    weekly: Path, empty_redis: EmbeddedRedis
) -> None:
    call("deploy", "--yes")
    *older, newest = overdue(empty_redis, 3)
    call("pause", ID)
    call("resume", ID)
    (row,) = document_of("runs", ID)["missed"]
    assert (row["count"], row["reason"], row["first"]) == (3, "paused", stamp(older[0]))
    late = call("run", ID, "--for-slot", stamp(older[1]), "--json")
    done = json.loads(late.stdout)
    assert (late.exit_code, done["key"], done["state"]) == (1, f"{ID}@{stamp(older[1])}", "delivered")
    assert {gap["query"] for gap in done["gaps"]} == {"deals", "stalled"}, "a state is not dated back"
    local = f"{newest.astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%dT%H:%M}"
    done = document_of("run", ID, "--for-slot", local)
    assert (done["key"], done["state"], done["gaps"]) == (f"{ID}@{stamp(newest)}", "delivered", [])
    (left,) = document_of("runs", ID)["missed"]
    assert (left["count"], left["first"]) == (1, stamp(older[0]))


def test_the_days_requests_count_every_run_of_a_schedule_that_fires_often(weekly: Path) -> None:
    """Only 500 runs are named one by one; the budget that somebody confirms is that of all of them."""
    edit(weekly, f"cron: {NINE}", "every: 1m")
    (day,) = document_of("plan", "--days", "1")["next_24_hours"]
    runs = document_of("plan", "--days", "1")["schedules"][0]["runs"]
    queries = 6  # two funnels with a comparison each, and two lists
    assert runs in (1440, 1441)
    assert abs(day["asked"] - queries * runs) <= queries


def test_the_days_requests_leave_out_what_a_pause_keeps_from_firing(weekly: Path) -> None:
    edit(weekly, f"cron: {NINE}", "every: 1h")
    call("deploy", "--yes")
    (whole,) = document_of("plan")["next_24_hours"]
    call("pause", ID, "--until", (datetime.now(UTC) + timedelta(hours=18)).isoformat())
    (part,) = document_of("plan")["next_24_hours"]
    assert whole["asked"] * 5 / 24 <= part["asked"] <= whole["asked"] * 7 / 24


def test_another_mail_server_sender_or_template_is_in_the_plan(weekly: Path) -> None:
    call("deploy", "--yes")
    project = weekly.parent.parent / "funnelbeat.yaml"
    edit(
        project,
        "email: {type: sandbox}",
        'email: {type: email, url: "smtp://127.0.0.1:25?tls=never", from: a@b.example}',
    )
    template = weekly.parent.parent / "templates" / "pipeline" / "email.subject.j2"
    template.parent.mkdir(parents=True)
    template.write_text("hello", encoding="utf-8")
    assert document_of("plan")["changes"]["definitions"] == [
        {"kind": "channel", "name": "email", "change": "changed", "options": ["from", "type", "url"]},
        {"kind": "template", "name": "pipeline/email.subject.j2", "change": "added", "options": []},
    ]
    shown = call("plan").stdout
    assert "  changed  channel email (from, type, url)\n" in shown
    assert "  added    template pipeline/email.subject.j2\n" in shown
    assert [row["name"] for row in document_of("deploy", "--yes")["definitions"]] == [
        "email",
        "pipeline/email.subject.j2",
    ]
    assert "Nothing changes against what is deployed." in call("plan").stdout


def test_deploy_names_what_changes_in_a_schedule(weekly: Path) -> None:
    call("deploy", "--yes")
    edit(weekly, "sales@acme.example", "boss@acme.example")
    edit(weekly, NINE, HALF_PAST)
    assert f"  changed  {ID} (to, when)\n" in call("deploy", "--yes").stdout


def test_deploy_without_a_terminal_asks_nobody_and_wants_yes(weekly: Path) -> None:
    seen = CliRunner().invoke(app, ["deploy"], input="n\n", catch_exceptions=False)
    assert seen.exit_code == 2
    assert f"  added    {ID}\n" in seen.stdout
    assert "not deployed: nobody can be asked here; add --yes" in seen.stderr
    with_json = call("deploy", "--json")
    assert with_json.exit_code == 2
    assert json.loads(with_json.stdout)["sentence"] == "not deployed: nobody can be asked with --json; add --yes"
    assert document_of("plan")["changes"]["added"] == [ID]
