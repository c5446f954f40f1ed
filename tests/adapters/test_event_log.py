"""What the log of a process looks like to whoever reads it by machine."""

import json
from datetime import datetime

import pytest

from worker.adapters.event_log import EventLog, configure
from worker.domain.events import DeliverySettled, RunClaimed


def test_a_fact_is_one_line_of_json_under_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    log = EventLog()
    log.emit(RunClaimed("weekly@2026-11-16T14:00:00Z", 7))
    log.emit(DeliverySettled("r", 'r/team|"a"@tern.example', "refused", "refused", "550 größer"))
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert datetime.fromisoformat(first.pop("timestamp")).tzinfo is not None
    assert first == {"event": "run_claimed", "level": "info", "run": "weekly@2026-11-16T14:00:00Z", "pid": 7}
    assert (second["event"], second["level"], second["sentence"]) == ("delivery_settled", "warning", "550 größer")
    assert second["delivery"] == 'r/team|"a"@tern.example'


def test_a_level_hides_what_is_less(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning")
    EventLog().emit(RunClaimed("weekly@2026-11-16T14:00:00Z", 7))
    assert capsys.readouterr().err == ""
