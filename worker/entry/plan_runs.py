"""The coming runs of a plan as lines of text. A schedule that fires often takes one line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from worker.documents.plan import in_order
from worker.domain.run import stamp
from worker.domain.time.zones import zone_named
from worker.flow.alert.alert_readers import alert_entries
from worker.flow.deploy.fires import Fire
from worker.flow.deploy.messages import Shift
from worker.flow.deploy.plan import Plan, Planned

ALONE = 8
"""Runs of one schedule that have a line each. If there are more, its first run has the only line."""

TIMES = 3
"""Times of the following runs that this line names."""


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One run, or the first of `runs`."""

    row: Planned
    fire: Fire
    runs: int = 1

    @property
    def cells(self) -> tuple[str, ...]:
        """Local time, UTC, schedule, readers, requests, when it is due if that is later than the slot, the digests
        that wait for the end of quiet hours, and the runs that follow.
        """
        row, fire = self.row, self.fire
        local = fire.slot.astimezone(zone_named(row.zone))
        requests = row.cost.requests + len(row.cost.unknown)
        return (
            f"{local:%a %d %b %H:%M:%S} {row.zone}",
            to_the_second(fire.slot),
            row.schedule,
            readers_words(row),
            counted(requests, "request") + (" or more" if row.cost.unknown else ""),
            "" if fire.due == fire.slot else f"due {to_the_second(fire.due)}",
            ", ".join(_shift_text(one, fire, len(row.readers)) for one in row.shifts.get(fire, ())),
            _followed(row, self.runs) if self.runs > 1 else "",
        )


def run_lines(found: Plan) -> Iterator[PlannedLine]:
    """In the order in which they are due."""
    first: set[str] = set()
    for row, fire in in_order(found):
        if row.count <= ALONE:
            yield PlannedLine(row, fire)
        elif row.schedule not in first:
            first.add(row.schedule)
            yield PlannedLine(row, fire, row.count)


def readers_words(row: Planned) -> str:
    """As in "3 readers and owners"; owners are known when a run has fetched. Without digests, who is told by alerts."""
    if row.readers or row.owners:
        readers = counted(len(row.readers), "reader") if row.readers else ""
        return " and ".join(part for part in (readers, "owners" if row.owners else "") if part)
    told = alert_entries(row.as_read)
    return f"{told} told by alerts" if told else counted(0, "reader")


def to_the_second(instant: datetime) -> str:
    """People plan by seconds; a document keeps the milliseconds."""
    return stamp(instant.replace(microsecond=0))


def counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _followed(row: Planned, runs: int) -> str:
    """As in "then 16:55, 17:00, 17:05: 4032 runs". A day is named where it differs from that of the run before."""
    slots = [fire.slot.astimezone(zone_named(row.zone)) for fire in sorted(row.fires)[: TIMES + 1]]
    times = [_time(slot, before) for before, slot in pairwise(slots)]
    waiting = sum(1 for fire in row.fires if row.shifts.get(fire))
    of = "" if runs == len(row.fires) else f" of the first {len(row.fires)}"
    waits = f"; digests of {waiting}{of} wait for the end of quiet hours" if waiting else ""
    return f"then {', '.join(times)}: {runs} runs{waits}"


def _time(slot: datetime, before: datetime) -> str:
    time = f"{slot:%H:%M:%S}" if slot.second or before.second else f"{slot:%H:%M}"
    return time if slot.date() == before.date() else f"{slot:%a %d %b} {time}"


def _shift_text(one: Shift, fire: Fire, readers: int) -> str:
    """`→ 10:00, quiet hours`; with the day if it is another one, and with the number of readers if not all wait."""
    due, until = fire.due.astimezone(zone_named(one.zone)), one.until.astimezone(zone_named(one.zone))
    at = f"{until:%H:%M}" if until.date() == due.date() else f"{until:%a %d %b %H:%M}"
    who = "" if len(one.readers) == readers else f"{counted(len(one.readers), 'reader')} "
    why = one.reason.replace("_", " ")
    if one.superseded:
        return f"{who}→ a later run, {why}"
    return f"{who}→ {at} {one.zone}, {why}"
