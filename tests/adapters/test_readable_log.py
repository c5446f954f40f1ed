"""What the log looks like to a person at a terminal."""

import re
from typing import Any

import pytest
import structlog

from worker.adapters.readable_log import ReadableLines

RUN = "weekly@2026-11-16T14:00:00Z"
STAMP = "2026-11-16T14:00:00.123456Z"


def line(event: dict[str, Any], shown: str = "info", environ: dict[str, str] | None = None) -> str:
    given = {"level": "info", "timestamp": STAMP, **event}
    return ReadableLines(shown, {"NO_COLOR": "1"} if environ is None else environ)(None, "", given)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"event": "run_ended", "run": RUN, "state": "delivered", "reason": "always"}, f"weekly  delivered  ({RUN})"),
        (
            {"event": "run_ended", "run": RUN, "state": "skipped", "reason": "no_change"},
            f"weekly  skipped: Nothing significant moved, and this reader wants changes only.  ({RUN})",
        ),
        (
            {
                "event": "delivery_settled",
                "level": "warning",
                "run": RUN,
                "delivery": f"{RUN}/team|a@b.example",
                "state": "refused",
                "reason": "refused",
                "sentence": "550 no such user",
            },
            "weekly  refused: a@b.example: 550 no such user",
        ),
        ({"event": "ledger_back", "sentence": "Redis can be used again"}, "ledger back  Redis can be used again"),
        (
            {"event": "slots_missed", "schedule": "s", "count": 3, "reason": "paused"},
            "s  missed 3: Its schedule was paused.",
        ),
        (
            {
                "event": "query_answered",
                "run": RUN,
                "query": "deals",
                "rows": 9,
                "seconds": 0.455138,
                "id": "1-3",
                "at": STAMP,
            },
            "weekly  deals is answered, 9 rows (0.5 s)",
        ),
        (
            {"event": "query_answered", "run": RUN, "query": "totals", "rows": "", "seconds": 1.0, "id": "1-3"},
            "weekly  totals is answered (1.0 s)",
        ),
        (
            {"event": "query_answered", "run": RUN, "query": "q", "rows": 1, "seconds": 0},
            "weekly  q is answered, 1 row (0.0 s)",
        ),
        (
            {"event": "query_answered", "run": RUN, "query": "funnel", "rows": None, "seconds": 0.3},
            "weekly  funnel is answered (0.3 s)",  # `logs` said "None rows"
        ),
        (
            {"event": "delivery_begun", "run": RUN, "id": "1-3", "at": STAMP, "readers": 2},
            "weekly  delivery begun  readers=2",
        ),
        (
            {"event": "alert_rule_evaluated", "run": RUN, "rule": "big", "judged": 9, "fired": 2, "resolved": 1},
            "weekly  big: 2 fired, 1 resolved",
        ),
        (
            {"event": "alert_rule_evaluated", "run": RUN, "rule": "big", "judged": 9, "fired": 0, "resolved": 0},
            "weekly  big: nothing began or ended",
        ),
        (
            {"event": "alert_notified", "run": RUN, "reader": "alert:team|a@b.example", "findings": 2, "carried": 0},
            "weekly  alerts to a@b.example: 2 to tell",
        ),
        (
            {"event": "query_missing", "run": RUN, "query": "deals", "reason": "", "sentence": "401"},
            "weekly  deals is missing: 401",
        ),
    ],
)
def test_each_line_says_the_local_time_the_schedule_and_what_became_of_it(event: dict[str, Any], expected: str) -> None:
    shown = line(event, "debug")
    assert re.fullmatch(r"\d\d:\d\d:\d\d  ", shown[:10])
    assert shown[10:] == expected


@pytest.mark.parametrize("name", ["run_claimed", "run_begun", "query_answered", "delivery_settled"])
def test_the_steps_of_a_run_are_left_out_unless_the_level_is_debug(name: str) -> None:
    event = {"event": name, "run": RUN, "delivery": f"{RUN}/team|a@b.example", "state": "sent", "reason": ""}
    with pytest.raises(structlog.DropEvent):
        line(event)
    assert "weekly" in line(event, "debug")


def test_a_rule_that_found_nothing_has_no_line() -> None:
    """Five rules wrote five lines each five minutes, although nothing had happened."""
    quiet = {"event": "alert_rule_evaluated", "run": RUN, "rule": "big", "judged": 9, "fired": 0, "resolved": 0}
    with pytest.raises(structlog.DropEvent):
        line(quiet)
    assert "big: 1 fired" in line({**quiet, "fired": 1})


def test_colours_are_for_trouble_and_follow_no_color() -> None:
    event = {"event": "redis", "level": "warning", "sentence": "volatile"}
    assert line(event, environ={}).startswith("\033[33m")
    assert "\033" not in line({"event": "ledger_back"}, environ={})
    assert "\033" not in line(event)


def test_what_a_server_says_is_cut_and_cannot_be_obeyed() -> None:
    said = line({"event": "redis", "sentence": "x\x1b]0;owned\x07" + "y" * 2000})
    assert len(said) < 400
    assert not {"\x1b", "\x07"} & set(said)
