"""The stages of a run on one time axis, from the instants that the ledger has."""

from dataclasses import dataclass
from datetime import datetime

from worker.domain.delivery import Delivery
from worker.domain.run import Run
from worker.domain.snapshot.snapshot import Snapshot
from worker.web.console.page import Visit
from worker.web.console.states import delivery_mark

SLIVER = 0.8
"""Percent of the axis that the shortest stage takes."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`name`: of the word "console.stage.NAME". `left` and `width`: in percent of the axis. `took`: in words.
    `trouble`: somebody was not reached.
    """

    name: str
    left: float
    width: float
    took: str
    note: str
    trouble: bool = False


def stages(visit: Visit, run: Run, answers: list[Snapshot], rows: tuple[Delivery, ...], note: str) -> tuple[Stage, ...]:
    """Stages that have begun. A run that starts late is drawn from its claim on, and the note of `due` says how late.
    `note`: of the deliveries.
    """
    w, late = visit.w, (run.claimed_at - run.key.slot).total_seconds()
    spans = _spans(run, answers, rows)
    begin, end = run.claimed_at, max(end for _, end in spans.values())
    length = max((end - begin).total_seconds(), 0.001)
    said = {
        "due": w.say("console.late", late=w.brief(late)) if late >= 1 else "",
        "claimed": w.clock(run.claimed_at),
        "fetched": _fetched(visit, run, answers),
        "delivered": note,
        "closed": w.clock(run.closed_at) if run.closed_at else "",
    }
    found = [Stage("due", 0.0, SLIVER, "", w.stamp(run.key.slot) + (f", {said['due']}" if said["due"] else ""))]
    for name, (start, stop) in spans.items():
        left = (start - begin).total_seconds() / length * 100
        width = max((stop - start).total_seconds() / length * 100, SLIVER)
        left = max(0.0, min(left, 100 - width))
        took = _took(visit, (stop - start).total_seconds()) if stop > start else ""
        trouble = name == "delivered" and any(delivery_mark(row).rank < 2 for row in rows)
        found.append(Stage(name, round(left, 2), round(min(width, 100.0), 2), took, said[name], trouble))
    return tuple(found)


def _spans(run: Run, answers: list[Snapshot], rows: tuple[Delivery, ...]) -> dict[str, tuple[datetime, datetime]]:
    """An answer may be older than the run: another run that asked the same fetched it."""
    spans = {"claimed": (run.claimed_at, run.claimed_at)}
    begun = max(run.claimed_at, min((one.as_of[0] for one in answers), default=run.claimed_at))
    if answers:
        spans["fetched"] = begun, max(begun, *(one.as_of[1] for one in answers))
    tries = [row.date for row in rows if row.date is not None]
    ended = [row.settled_at for row in rows if row.settled_at is not None]
    if tries:
        spans["delivered"] = min(tries), max([*tries, *ended])
    if run.closed_at is not None:
        spans["closed"] = run.closed_at, run.closed_at
    return spans


def _fetched(visit: Visit, run: Run, answers: list[Snapshot]) -> str:
    """As in "2 answers, 47 rows, 1 missing"."""
    rows = sum(len(one.rows.rows) for one in answers if one.rows is not None)
    said = [visit.w.say("console.answers", len(answers))]
    said += [visit.w.say("rows", rows)] if rows else []
    said += [visit.w.say("console.gaps", run.incomplete)] if run.incomplete else []
    return ", ".join(said)


def _took(visit: Visit, seconds: float) -> str:
    if seconds < 1:
        return visit.w.say("console.ms", ms=round(seconds * 1000))
    return visit.w.say("console.s", s=f"{seconds:.1f}") if seconds < 60 else visit.w.brief(seconds)
