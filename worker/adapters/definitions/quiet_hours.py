"""`quiet_hours:` of an entry, a digest or the defaults: when nothing is sent to a reader."""

import re
from datetime import UTC, datetime, time
from functools import partial
from typing import Any

from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.model import QuietShape
from worker.adapters.definitions.place import Path, Sheet, parsed
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.words import listed
from worker.domain.quiet import EVERY_DAY, QuietHours, next_allowed, within_days
from worker.domain.time import cron
from worker.domain.time.zones import zone_named

NONE = "none"
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""From here on an allowed instant is looked for: any year shows whether there is one."""


def quiet_hours(
    sheet: Sheet, path: Path, value: Any, default: QuietHours | None, kinds: Registry, zone: str
) -> QuietHours | None:
    """`default` for an absent key, and after a complaint. None for `none`: the reader has no quiet hours."""
    at = (*path, "quiet_hours")
    if value is None and at not in sheet.document.spots:
        return default
    if value == NONE:
        return None
    before = sheet.count
    piece = read(QuietShape, value, sheet, at).piece
    if piece is None:
        return default
    hours = QuietHours(
        *_hours(sheet, at, piece),
        _days(sheet, (*at, "days"), piece.days),
        parsed(sheet, (*at, "holidays"), piece.holidays, partial(calendar, kinds=kinds), ""),
    )
    if sheet.count > before:
        return default
    if hours == QuietHours():
        sheet.complain(at, "`quiet_hours` that are never", "write `{from: 19:00, to: 08:00}`, `days` or `holidays`")
    elif next_allowed(hours, _ANY_DAY, zone_named(zone), kinds.holidays.name) is None:
        sheet.complain(at, "`quiet_hours` that never end", "leave a time of some day on which it may be sent")
    return hours


def days_of(
    sheet: Sheet,
    path: Path,
    words: tuple[str, ...],
    default: tuple[int, ...],
    quiet: QuietHours | None,
    kinds: Registry,
) -> tuple[int, ...]:
    """`days:` of an entry or a digest. `quiet`: the quiet hours that hold beside them."""
    at = (*path, "days")
    if words:
        default = _days(sheet, at, words)
    if default == EVERY_DAY:
        return default
    both = within_days(quiet, default)
    if both is not None and next_allowed(both, _ANY_DAY, zone_named("UTC"), kinds.holidays.name) is None:
        expected = "leave a time of some day on which it may be sent"
        sheet.complain(at if words else path, "`days` that `quiet_hours` leave nothing of", expected)
    return default


def _hours(sheet: Sheet, at: Path, piece: QuietShape) -> tuple[time | None, time | None]:
    begins = parsed(sheet, (*at, "from"), piece.begins, _time, None)
    ends = parsed(sheet, (*at, "to"), piece.ends, _time, None)
    if bool(piece.begins) != bool(piece.ends):
        there, missing = ("from", "to") if piece.begins else ("to", "from")
        sheet.complain((*at, there), f"`{there}` without `{missing}`", f"write `{missing}: …` beside it", key=True)
    elif begins is not None and begins == ends:
        sheet.complain((*at, "to"), "`to` that is the same as `from`", "write another time, or leave both out")
    return begins, ends


def _time(text: str) -> time:
    if not _TIME.fullmatch(text):
        raise ValueError("write hours and minutes, such as 19:00")
    return time.fromisoformat(text)


def _days(sheet: Sheet, at: Path, words: tuple[str, ...]) -> tuple[int, ...]:
    if not words:
        return EVERY_DAY
    days = parsed(sheet, at, ",".join(words), _weekdays, EVERY_DAY)
    return tuple(sorted(set(days)))


def _weekdays(text: str) -> tuple[int, ...]:
    try:
        return cron.weekdays(text.replace(" ", ""))
    except cron.CronError:
        raise ValueError("write weekdays, such as MON-FRI or MON,WED") from None


def calendar(text: str, *, kinds: Registry) -> str:
    """The name of a calendar of public holidays. Raises ValueError."""
    known = kinds.holidays.calendars(text)
    if text in known:
        return text
    country = text.partition("-")[0]
    parts = [name for name in known if name.startswith(f"{country}-")]
    if text.upper() in kinds.holidays.calendars(text.upper()):
        raise ValueError(f"write `{text.upper()}`")
    if country in known and parts:
        raise ValueError(f"write {country}, {listed(sorted(parts))}")
    raise ValueError("write a country by ISO 3166, such as DE, or a part of it, such as DE-BE")
