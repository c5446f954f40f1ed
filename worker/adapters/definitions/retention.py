"""`retention:` of a schedule: how long its runs are kept."""

from typing import Any

from worker.adapters.definitions.model import RetentionShape
from worker.adapters.definitions.place import Sheet, parsed
from worker.adapters.definitions.shapes import read
from worker.domain.schedule import Retention
from worker.domain.time.duration import DAY, parse_duration

LONGEST = 400
"""Days. A baseline older than that counts as none, so no older run is needed."""


def retention(sheet: Sheet, value: dict[str, Any]) -> Retention:
    """Defaults for missing values, and after a complaint."""
    given, usual = read(RetentionShape, value, sheet, ("retention",)).piece or RetentionShape(), Retention()
    daily = parsed(sheet, ("retention", "daily"), given.daily, _days, usual.daily)
    every = parsed(sheet, ("retention", "all"), given.all, _days, min(usual.all, daily))
    if every > daily:
        found = "`all` that is longer than `daily`"
        sheet.complain(("retention", "all"), found, "keep every run no longer than one of each day", key=True)
    return Retention(every, daily)


def _days(text: str) -> int:
    seconds = parse_duration(text)
    if not DAY <= seconds <= LONGEST * DAY:
        raise ValueError(f"write a duration of at least 1d and at most {LONGEST}d")
    return seconds
