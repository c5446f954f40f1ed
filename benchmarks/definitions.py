"""Bundles of many schedules with invented names, like those of a large project."""

from collections.abc import Callable

from worker.domain.schedule import (
    Bundle,
    CatchUp,
    ChannelSpec,
    Connection,
    Defaults,
    Follow,
    Query,
    Schedule,
    Subscription,
    Trigger,
)
from worker.domain.time.window import WindowSpec

PROJECT = "bench"
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata")
CONNECTIONS = {"close": Connection("close", "close", {"api_key": "${CLOSE_API_KEY}"})}
CHANNELS = {"email": ChannelSpec("email", "email", {"url": "smtp://mail.tern.example:587", "from": "r@tern.example"})}


def every(number: int) -> Trigger:
    """Intervals, like the peers' entries."""
    return Trigger("every", ZONES[number % len(ZONES)], seconds=3600)


def daily(number: int) -> Trigger:
    """Once a day at a minute of a zone: 4,320 different triggers, the worst case for a cache of triggers."""
    minute, hour, zone = number % 60, number // 60 % 24, ZONES[number // 1440 % len(ZONES)]
    return Trigger("cron", zone, expression=f"{minute} {hour} * * *")


TRIGGERS: dict[str, Callable[[int], Trigger]] = {"every": every, "cron": daily}


def schedule(number: int, kind: str) -> Schedule:
    """Two queries and two readers: about 700 bytes of JSON."""
    params = {"pipeline": f"pipe_{number % 40:04d}", "status_type": "active"}
    return Schedule(
        id=f"team-{number % 100:02d}/digest-{number:06d}",
        name=f"Digest {number}",
        trigger=TRIGGERS[kind](number),
        report=(
            Query("deals", "close", "opportunities", params=params, follow=Follow.CLOSED),
            Query(
                "funnel",
                "close",
                "funnel_totals",
                window=WindowSpec("last-week"),
                params={"pipeline": params["pipeline"]},
            ),
        ),
        to=tuple(
            Subscription(name, "email", f"{name}-{number}@tern.example", "pipeline", "en_GB", "Europe/Berlin")
            for name in ("team", "lead")
        ),
        bridge="deals",
        catch_up=CatchUp.LATEST,
    )


def bundle(count: int, kind: str = "cron") -> Bundle:
    """`kind`: a key of TRIGGERS."""
    made = (schedule(number, kind) for number in range(count))
    return Bundle(PROJECT, Defaults(), CONNECTIONS, CHANNELS, {one.id: one for one in made})
