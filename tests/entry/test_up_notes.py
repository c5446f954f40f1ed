"""What `up` says when it has started."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.domain.builders import schedule
from worker.adapters.event_log import configure
from worker.domain.schedule import Bundle, Connection, Defaults
from worker.entry.announce import announce
from worker.entry.command_hints import command_for
from worker.entry.moving_sandbox import note_move
from worker.entry.project_dir import sandbox_for
from worker.entry.up_notes import next_lines, sandbox_lines
from worker.flow.operate.schedules import ScheduleRow
from worker.settings import Settings


def row(name: str, day: int | None, readers: int = 1) -> ScheduleRow:
    slot = datetime(2026, 12, day, 8, tzinfo=UTC) if day else None
    return ScheduleRow(replace(schedule(), id=name), slot, None, readers, None)


def test_a_project_without_a_schedule_is_told_how_to_write_one() -> None:
    """It said "0 schedules" and nothing else."""
    [line] = next_lines([], "funnelbeat")
    assert "schedules/NAME.yaml" in line
    assert "`funnelbeat init DIR` writes a project with examples" in line


def test_the_next_runs_come_first_and_one_can_be_started_at_once() -> None:
    lines = list(next_lines([row("b", 9), row("a", 7), row("paused", None)], "funnelbeat"))
    assert [line.split()[1] for line in lines[:2]] == ["a", "b"]
    assert "Mon 07 Dec" in lines[0]
    assert lines[-1].endswith("funnelbeat trigger a")


def test_the_schedule_to_try_has_readers_although_a_watch_without_them_comes_first() -> None:
    lines = list(next_lines([row("stalled-watch", 6, 0), row("weekly", 9), row("paused", None)], "funnelbeat"))
    assert lines[0].split()[1] == "stalled-watch"
    assert lines[-1].endswith("funnelbeat trigger weekly")


@pytest.mark.parametrize(
    ("rows", "tried"),
    [
        ([row("watch", 6, 0), row("paused", None)], "paused"),
        ([row("watch", 6, 0), row("other", None, 0)], "watch"),
        ([row("b", None), row("a", None)], "a"),
    ],
)
def test_there_is_always_a_schedule_to_try(rows: list[ScheduleRow], tried: str) -> None:
    assert list(next_lines(rows, "funnelbeat"))[-1].endswith(f"funnelbeat trigger {tried}")


def test_a_sandbox_that_moved_before_is_said_to_begin_anew(tmp_path: Path) -> None:
    """The first digest after a restart listed movements that nobody had made, and nothing said why. Later the sentence
    also came where nothing had moved.
    """
    outbox = tmp_path / ".funnelbeat" / "outbox"
    outbox.mkdir(parents=True)
    (outbox / "0001-sales-acme-example-0123abcd.eml").touch()
    assert list(sandbox_lines(outbox, tmp_path)) == [f"  Messages to the sandbox are written to {outbox}"]
    note_move(tmp_path)
    anew = list(sandbox_lines(outbox, tmp_path))[1]
    assert "  The sandbox's deals start from the beginning with each `up`. The next digest may list" in anew


def test_a_sandbox_of_one_command_is_said_to_begin_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`run` without `up`, after an `up` that had moved, listed movements that nobody had made, and nothing said why.
    Later it said so of the next digest, where the command's own digest lists them.
    """
    bundle = Bundle("acme", Defaults(), {"close": Connection("close", "sandbox", {})}, {}, {})
    outbox = tmp_path / ".funnelbeat" / "outbox"
    outbox.mkdir(parents=True)
    (outbox / "0001-sales-acme-example-0123abcd.eml").touch()

    def said(*, compares: bool) -> str:
        with sandbox_for(bundle, Settings(), outbox, beside=tmp_path, compares=compares):
            return " ".join(capsys.readouterr().err.split())

    assert said(compares=True) == ""
    note_move(tmp_path)
    words = "start from the beginning with each command while `up` does not run. This digest may list"
    assert words in said(compares=True)
    assert said(compares=False) == ""


def test_many_schedules_are_counted() -> None:
    lines = list(next_lines([row(f"s{n}", n) for n in range(1, 6)], "funnelbeat"))
    assert "2 more: funnelbeat schedules" in lines[3]


def test_the_command_can_be_pasted_where_the_person_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_for(Path.cwd()) == "funnelbeat"
    assert command_for(Path.cwd() / "größe ok") == "funnelbeat --project 'größe ok'"


def test_where_nobody_watches_what_is_said_is_an_event_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    announce("not_deployed", "12:00:00  Not deployed.", "a.yaml:1:1: wrong", trouble=True)
    event = json.loads(capsys.readouterr().err)
    assert (event["event"], event["level"]) == ("not_deployed", "warning")
    assert event["sentence"] == "12:00:00  Not deployed.\na.yaml:1:1: wrong"
