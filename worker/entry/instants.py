"""Instants that options of the command line name."""

from datetime import UTC, datetime

from worker.domain.schedule import Bundle
from worker.domain.time.zones import first, zone_named
from worker.errors import RequestError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(bundle: Bundle | None, schedule: str, text: str | None, *, option: str) -> datetime | None:
    """The instant that an option names, in UTC. Without an offset it is in the schedule's zone.

    Raises RequestError, also for an instant before 1970, because Redis stores instants as milliseconds since then.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            known = bundle is not None and schedule in bundle.schedules
            moment = first(moment, zone_named(bundle.schedules[schedule].trigger.zone if bundle and known else "UTC"))
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RequestError(f"{option}: found {text!r}, expected an instant such as 2026-11-16T09:00") from None
    if moment < EPOCH:
        raise RequestError(f"{option}: found {text!r}, expected an instant from 1970 on")
    return moment
