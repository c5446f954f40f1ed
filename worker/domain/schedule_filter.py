"""Which schedules a list shows: those with certain tags, or of one owner."""

from collections.abc import Collection
from dataclasses import dataclass

from worker.domain.schedule import Schedule


@dataclass(frozen=True, slots=True)
class ScheduleFilter:
    """Schedules that have all of `tags`, and whose owner is `owner`. Upper and lower case are the same. Without both,
    all schedules.
    """

    tags: tuple[str, ...] = ()
    owner: str = ""

    def takes(self, schedule: Schedule) -> bool:
        tags = {tag.casefold() for tag in self.tags}
        return tags <= set(schedule.tags) and self.owner.casefold() in {"", schedule.owner.casefold()}


def nothing_found(wanted: ScheduleFilter, known: Collection[Schedule]) -> str:
    """Why no schedule is listed, with what could be asked for."""
    tags, owners = {tag for one in known for tag in one.tags}, {one.owner for one in known if one.owner}
    asked = [f"the tag {tag}" for tag in wanted.tags] + ([f"the owner {wanted.owner}"] if wanted.owner else [])
    there = (f"{name}: {', '.join(sorted(values)) or 'none'}" for name, values in (("Tags", tags), ("Owners", owners)))
    return f"No schedule has {' and '.join(asked)}. {'. '.join(there)}."
