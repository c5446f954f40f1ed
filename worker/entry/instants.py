"""Instants that options of the command line name."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from worker.domain.schedule import Bundle
from worker.domain.time.duration import DurationError, parse_duration
from worker.domain.time.zones import first, zone_named
from worker.errors import RequestError
from worker.flow.services import Services

For = Annotated[str, typer.Option("--for", metavar="DURATION", help="How long, such as 90m or 7d.")]

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


async def after(services: Services, lasting: str) -> datetime:
    """The instant that lies the duration of `--for` after now. Raises RequestError."""
    try:
        return await services.clock.now() + timedelta(seconds=parse_duration(lasting))
    except DurationError as error:
        raise RequestError(f"--for: {error}") from None


def local_words(moment: datetime) -> str:
    """As `schedules` writes an instant, in this machine's zone: what it is about has none of its own."""
    return f"{moment.astimezone():%a %d %b %Y %H:%M %Z}"
