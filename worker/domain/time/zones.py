"""Conversion between wall clocks and instants. Only this module knows what happens when clocks are put
forward or back.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worker.domain.time.duration import TimeWordError, clipped

_OF_THE_HOST = frozenset({"localtime", "Factory", "posixrules"})
_FOLDERS = ("posix/", "right/")


class ZoneError(TimeWordError):
    pass


def zone_named(name: str) -> ZoneInfo:
    """Raises ZoneError. zoneinfo itself raises KeyError, ValueError or OSError, depending on how a name is wrong."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ZoneError(f"no time zone is called {clipped(name)}", "write an IANA name such as Europe/Berlin") from None


def written_zone(name: str) -> ZoneInfo:
    """As `zone_named`, for a name in a definition. Names that each host reads in its own way are refused. Raises
    ZoneError.
    """
    if name in _OF_THE_HOST or name.startswith(_FOLDERS):
        found = f"the time zone {clipped(name)}, which is not the same everywhere"
        raise ZoneError(found, "write an IANA name such as Europe/Berlin")
    return zone_named(name)


def wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """The time that clocks in `zone` show at `instant`, naive and without fold, so that one can calculate with it."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def first(shown: datetime, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which clocks first show `shown` (naive). If they never do, it is the instant at which
    they jump over it. The result never decreases as `shown` grows, so that slots strictly increase.
    """
    before = shown.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if wall(before, zone) == shown.replace(fold=0):
        return before
    return _change(shown.replace(tzinfo=zone, fold=1).astimezone(UTC), before, zone)


def second(shown: datetime, zone: ZoneInfo) -> datetime | None:
    """The second instant at which clocks show `shown`, None if there is none (PEP 495: fold=1 is later in a repeated
    hour and earlier in a missing one).
    """
    early, late = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return late if late > early else None


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """A day starts at its first existing instant: 01:00 if clocks are put forward at midnight."""
    return first(datetime.combine(day, time()), zone)


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The instant in (low, high] from which on the offset differs from that of `low`. zoneinfo does not give it."""
    offset = low.astimezone(zone).utcoffset()
    lower, upper = int(low.timestamp()), int(high.timestamp()) + 1
    while upper - lower > 1:
        middle = (lower + upper) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            lower = middle
        else:
            upper = middle
    return datetime.fromtimestamp(upper, UTC)


def steady_until(instant: datetime, zone: ZoneInfo) -> datetime:
    """The next change of clocks after `instant`, or a day later if there is none until then. Before it, wall time runs
    as elapsed time does.
    """
    later = instant + timedelta(days=1)
    if instant.astimezone(zone).utcoffset() == later.astimezone(zone).utcoffset():
        return later
    return _change(instant, later, zone)


def later_wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """The earliest wall time that clocks will still show for the second time: `wall`, or less if they are about to be
    put back. Twelve hours cover every change since 1970 (the largest was seven hours, Vostok 1994).
    """
    return min(wall(instant, zone), wall(instant + timedelta(hours=12), zone) - timedelta(hours=12))
