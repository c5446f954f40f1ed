"""The first page: what needs attention, then every schedule, those with problems first."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from worker.domain.delivery import DeliveryState
from worker.domain.missed import MissedRow
from worker.domain.reason import Reason
from worker.domain.run import Run, RunState, stamp
from worker.flow.operate.schedules import schedules
from worker.web.console.alert_rows import shown_alerts
from worker.web.console.connections import quiet_processes, shown_budgets
from worker.web.console.page import Visit, shown
from worker.web.console.schedule_rows import name_of, shown_schedules
from worker.web.console.states import FAILED, MISSED, PARTLY, UNKNOWN, StateMark, run_mark

RECENT = 60
"""Runs that are looked through for trouble."""

MISSED_FOR = timedelta(days=7)
"""How long slots that never ran are shown on this page."""

ROWS = 40
"""Schedules on this page. The page Schedules has all."""

ALERTS = 5
"""Open alerts on this page. The page Alerts has all."""

MOST = 12
"""Troubles that are listed."""


@dataclass(frozen=True, slots=True)
class AttentionRow:
    """One thing that needs attention. `what`: what happened, in words."""

    mark: StateMark
    name: str
    what: str
    at: str
    href: str


async def overview(visit: Visit, _request: Request) -> Response:
    if not visit.project:
        return shown(visit, "first", {"rows": (), "quiet": ()})
    rows = await schedules(visit.uses)
    if not any(row.last for row in rows):
        listed = await shown_schedules(visit, rows[:ROWS])
        return shown(visit, "first", {"rows": listed, "quiet": await quiet_processes(visit)})
    names = {row.schedule.id: name_of(visit, row.schedule) for row in rows}
    found = sorted([*await _runs(visit, names), *await _missed(visit, names)], key=lambda one: one.mark.rank)
    first = sorted(rows, key=lambda row: run_mark(row.last).rank)[:ROWS]
    due = min((row for row in rows if row.next_slot), key=lambda row: row.next_slot or visit.now, default=None)
    alerts, quiet = await shown_alerts(visit, ALERTS), await quiet_processes(visit)
    values: dict[str, object] = {
        "troubles": found[:MOST],
        "more": max(0, len(found) - MOST),
        "rows": await shown_schedules(visit, first),
        "all": len(rows),
        "attention": len(found) + len(quiet) + alerts.open,
        "due": _due(visit, names[due.schedule.id], due.next_slot) if due and due.next_slot else "",
        "alerts": [row for row in alerts.rows if row.open],
        "open_alerts": alerts.open,
        "budgets": await shown_budgets(visit),
        "quiet": quiet,
    }
    return shown(visit, "overview", values)


def _due(visit: Visit, name: str, slot: datetime) -> str:
    words = "console.next_is" if slot > visit.now - timedelta(seconds=1) else "console.late_is"
    return visit.w.say(words, name=name, date=visit.w.stamp(slot))


async def _runs(visit: Visit, names: dict[str, str]) -> list[AttentionRow]:
    """A schedule's newest run, if it failed or arrived in part; and every recent run with an unknown delivery."""
    troubles, seen = list[AttentionRow](), set[str]()
    for run in await visit.uses.lookups.runs(None, RECENT):
        newest = run.key.schedule not in seen
        seen.add(run.key.schedule)
        mark, what = await _judged(visit, run)
        if mark == UNKNOWN or (newest and mark in {FAILED, PARTLY}):
            name = names.get(run.key.schedule, run.key.schedule)
            troubles.append(AttentionRow(mark, name, what, visit.w.stamp(run.key.slot), visit.to("run", str(run.key))))
    return troubles


async def _judged(visit: Visit, run: Run) -> tuple[StateMark, str]:
    mark = run_mark(run)
    if mark in {PARTLY, FAILED} or run.state is RunState.DELIVERING:
        states = [row.state for row in await visit.uses.lookups.deliveries(run.key)]
        unknown = states.count(DeliveryState.UNKNOWN)
        short = sum(states.count(state) for state in (DeliveryState.REFUSED, DeliveryState.FAILED))
        said = [visit.w.say("console.unknown", unknown)] if unknown else []
        said += [visit.w.say("console.short", short)] if short else []
        if said:
            return UNKNOWN if unknown else mark, " ".join(said)
    if run.incomplete:
        return mark, visit.w.say("console.parts_missing", run.incomplete)
    return mark, visit.w.sentence(run.sentence) or visit.w.reason(run.reason)


async def _missed(visit: Visit, names: dict[str, str]) -> list[AttentionRow]:
    """Slots that never ran, without those of a pause, which are intended."""
    rows = await visit.uses.lookups.missed(None, RECENT)
    recent = [row for row in rows if row.last >= visit.now - MISSED_FOR and row.reason is not Reason.PAUSED]
    return [_missed_row(visit, row, names) for row in recent]


def _missed_row(visit: Visit, row: MissedRow, names: dict[str, str]) -> AttentionRow:
    what = f"{visit.w.say('console.slots', row.count)}. {visit.w.reason(row.reason)}"
    key = f"{row.schedule}@{stamp(row.last)}"
    name = names.get(row.schedule, row.schedule)
    return AttentionRow(MISSED, name, what, visit.w.stamp(row.last), visit.to("explain", key))
