"""The coming runs of a plan as lines of text. A schedule that fires often takes one line."""

from datetime import datetime
from itertools import pairwise

from worker.documents.plan_lines import PlannedLine, ShiftedLine
from worker.domain.run import stamp
from worker.domain.time.zones import zone_named
from worker.flow.alert.alert_readers import alert_entries
from worker.flow.deploy.fires import Fire
from worker.flow.deploy.messages import Shift
from worker.flow.deploy.plan import Planned


def cells_of(line: PlannedLine) -> tuple[str, ...]:
    """Local time, UTC, schedule, readers, requests, when it is due if that is later than the slot, the digests
    that wait for the end of quiet hours, and the runs that follow.
    """
    row, fire = line.row, line.fire
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
        _followed(line) if line.runs > 1 else "",
    )


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


def _followed(line: PlannedLine) -> str:
    """As in "then 16:55, 17:00, 17:05: 4032 runs". A day is named where it differs from that of the run before."""
    row = line.row
    slots = [slot.astimezone(zone_named(row.zone)) for slot in (line.fire.slot, *line.following)]
    times = [_time(slot, before) for before, slot in pairwise(slots)]
    waiting = sum(1 for fire in row.fires if row.shifts.get(fire))
    of = "" if line.runs == len(row.fires) else f" of the first {len(row.fires)}"
    waits = f"; digests of {waiting}{of} wait for the end of quiet hours" if waiting else ""
    return f"then {', '.join(times)}: {line.runs} runs{waits}"


def _time(slot: datetime, before: datetime) -> str:
    time = f"{slot:%H:%M:%S}" if slot.second or before.second else f"{slot:%H:%M}"
    return time if slot.date() == before.date() else f"{slot:%a %d %b} {time}"


def shifted_text(line: ShiftedLine, schedule: str, until: datetime | None) -> str:
    """One line of a change: "run moves  week  … → …", or with a count "runs vanish  fast  462: …, …"."""
    fires = [f"{_fire_text(was)} → {_fire_text(now)}" if now else _fire_text(was) for was, now in line.fires]
    if line.runs == 1:
        return f"  {f'run {line.kind}':13} {schedule}  {fires[0]}"
    verb = line.kind.removesuffix("es" if line.kind == "vanishes" else "s")
    more = ", …" if line.runs > len(fires) else ""
    end = f" until {to_the_second(until)}, later ones not compared" if until else ""
    return f"  {f'runs {verb}':13} {schedule}  {line.runs}{end}: {', '.join(fires)}{more}"


def _fire_text(fire: Fire) -> str:
    return stamp(fire.slot) if fire.due == fire.slot else f"{stamp(fire.slot)} (due {stamp(fire.due)})"


def _shift_text(one: Shift, fire: Fire, readers: int) -> str:
    """`→ 10:00, quiet hours`; with the day if it is another one, and with the number of readers if not all wait."""
    due, until = fire.due.astimezone(zone_named(one.zone)), one.until.astimezone(zone_named(one.zone))
    at = f"{until:%H:%M}" if until.date() == due.date() else f"{until:%a %d %b %H:%M}"
    who = "" if len(one.readers) == readers else f"{counted(len(one.readers), 'reader')} "
    why = one.reason.replace("_", " ")
    if one.superseded:
        return f"{who}→ a later run, {why}"
    return f"{who}→ {at} {one.zone}, {why}"
