"""The log as a person at a terminal reads it: local time, one line for each run, and lines for what went wrong.

Steps of a run (claimed, begun, answered, sent) are left out; level debug shows them.
"""

import os
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from typing import Any

import structlog

from worker.domain.reason import SENTENCES, Reason
from worker.sanitize import clean, for_terminal

STEPS = frozenset({"run_claimed", "run_begun", "query_answered"})
LONGEST = 300
"""Characters of one sentence; servers may answer with whole pages."""

_COLOURS = {"warning": "33", "error": "31", "critical": "31"}
_KNOWN = frozenset({"event", "level", "timestamp", "sentence", "exception", "run", "id", "at"})


class ReadableLines:
    """The last processor of structlog. `level`: what is logged; "debug" shows every step. Raises DropEvent for a line
    that is left out.
    """

    def __init__(self, level: str, environ: Mapping[str, str] = os.environ) -> None:
        self._steps = level == "debug"
        self._colours = {} if environ.get("NO_COLOR") else _COLOURS

    def __call__(self, _log: object, _method: str, event: MutableMapping[str, Any]) -> str:
        if not self._steps and left_out(event):
            raise structlog.DropEvent
        line = f"{_local(str(event.get('timestamp', '')))}  {words(event)}"
        colour = self._colours.get(str(event.get("level")))
        line = f"\033[{colour}m{line}\033[0m" if colour else line
        trace = str(event.get("exception") or "")
        return f"{line}\n{for_terminal(trace)}" if trace else line


def left_out(event: Mapping[str, Any]) -> bool:
    """Lines that a person does not need: the run's own line says how its steps ended."""
    if event["event"] == "alert_rule_evaluated":
        return not _judged(event)
    return event["event"] in STEPS or (event["event"] == "delivery_settled" and event["level"] == "info")


def words(event: Mapping[str, Any]) -> str:
    """One line without its time."""
    return "  ".join(clean(part, LONGEST) for part in _parts(event) if part)


def _parts(event: Mapping[str, Any]) -> tuple[str, ...]:
    name, run = str(event["event"]), str(event.get("run") or "")
    schedule = run.partition("@")[0]
    match name:
        case "run_ended":
            why = _why(event) if event.get("state") in {"skipped", "failed"} else ""
            return schedule, f"{event.get('state')}{why}", f"({run})"
        case "delivery_settled":
            reader = str(event["delivery"]).partition("/")[2].partition("|")[2]
            return schedule, f"{event['state']}: {reader}{_why(event)}"
        case "query_missing" | "query_answered":
            return schedule, _query(name, event)
        case "alert_rule_evaluated" | "alert_notified":
            return schedule, _alert(name, event)
        case "slots_missed":
            return str(event["schedule"]), f"missed {event['count']}{_why(event)}"
    rest = (f"{key}={value}" for key, value in event.items() if key not in _KNOWN and value not in {"", None})
    return schedule, name.replace("_", " "), str(event.get("sentence") or ""), *rest


def _query(name: str, event: Mapping[str, Any]) -> str:
    if name == "query_missing":
        return f"{event.get('query')} is missing{_why(event)}"
    rows = event.get("rows")
    count = "" if rows in {"", None} else ", 1 row" if rows == 1 else f", {rows} rows"
    return f"{event.get('query')} is answered{count} ({float(event.get('seconds') or 0):.1f} s)"


def _alert(name: str, event: Mapping[str, Any]) -> str:
    if name == "alert_notified":
        return f"alerts to {str(event['reader']).partition('|')[2]}: {event['findings']} to tell"
    return f"{event['rule']}: {_judged(event) or 'nothing began or ended'}"


def _judged(event: Mapping[str, Any]) -> str:
    """What began and ended with one evaluation of a rule; empty if nothing did."""
    counts = ((event.get("fired"), "fired"), (event.get("resolved"), "resolved"))
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def _why(event: Mapping[str, Any]) -> str:
    """The sentence of a fact, else the one that its reason stands for."""
    if sentence := str(event.get("sentence") or ""):
        return f": {sentence}"
    reason = str(event.get("reason") or "")
    return f": {SENTENCES.get(Reason(reason), reason)}" if reason in set(Reason) else ""


def _local(timestamp: str) -> str:
    """The time of day on this machine's clock."""
    try:
        return f"{datetime.fromisoformat(timestamp).astimezone():%H:%M:%S}"
    except ValueError:
        return timestamp
