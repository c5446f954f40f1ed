"""What the log of a process looks like to whoever reads it by machine."""

import json
from datetime import datetime

import pytest

from worker.adapters.event_log import EventLog, configure
from worker.domain.delivery import DeliveryKey
from worker.domain.events import DeliverySettled, RunClaimed
from worker.domain.run import RunKey

RUN = RunKey.parse("weekly@2026-11-16T14:00:00Z")


def test_a_fact_is_one_line_of_json_under_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    log = EventLog()
    log.emit(RunClaimed(RUN, 7))
    log.emit(DeliverySettled(RUN, DeliveryKey(RUN, 'team|"a"@tern.example'), "refused", "refused", "550 größer"))
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert datetime.fromisoformat(first.pop("timestamp")).tzinfo is not None
    assert first == {"event": "run_claimed", "level": "info", "run": "weekly@2026-11-16T14:00:00Z", "pid": 7}
    assert (second["event"], second["level"], second["sentence"]) == ("delivery_settled", "warning", "550 größer")
    assert second["delivery"] == 'weekly@2026-11-16T14:00:00Z/team|"a"@tern.example'


def test_a_level_hides_what_is_less(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning")
    EventLog().emit(RunClaimed(RUN, 7))
    assert capsys.readouterr().err == ""


def test_nothing_that_was_logged_is_obeyed_by_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    configure("info")
    EventLog().emit(
        DeliverySettled(RUN, DeliveryKey(RUN, "team|a@b.example"), "refused", "refused", "550 \x1b]0;owned\x07\u202e")
    )
    told = capsys.readouterr().err
    assert "550" in told
    assert not {"\x1b]", "\x07", "\u202e"} & {told[i : i + n] for n in (1, 2) for i in range(len(told))}
