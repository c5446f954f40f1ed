"""What a deployment does to the runs of one schedule."""

from dataclasses import dataclass
from datetime import datetime

from worker.flow.deploy.fires import LIST, Fire


@dataclass(frozen=True, slots=True)
class Moves:
    """What a deployment does to the runs of one schedule. `moved` pairs a run with the one that replaces it
    that day. `until`: runs after it are not compared, because only the first `LIST` of a schedule are known; None if
    all until the plan's end are.
    """

    schedule: str
    appear: tuple[Fire, ...]
    vanish: tuple[Fire, ...]
    moved: tuple[tuple[Fire, Fire], ...]
    until: datetime | None = None


def compared(schedule: str, was: tuple[Fire, ...], now: tuple[Fire, ...]) -> Moves:
    """Compared as far as both lists reach. On each UTC day the first run that vanishes is paired with the first that
    appears.
    """
    edge = min([row[-1].due for row in (was, now) if len(row) >= LIST], default=None)
    before = {fire for fire in was if edge is None or fire.due <= edge}
    after = {fire for fire in now if edge is None or fire.due <= edge}
    vanish, appear = sorted(before - after), sorted(after - before)
    moved: list[tuple[Fire, Fire]] = []
    for fire in list(vanish):
        place = next((new for new in appear if new.slot.date() == fire.slot.date()), None)
        if place is not None:
            moved.append((fire, place))
            vanish.remove(fire)
            appear.remove(place)
    return Moves(schedule, tuple(appear), tuple(vanish), tuple(moved), edge)
