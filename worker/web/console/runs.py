"""Lists of runs and of slots that never ran."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from worker.domain.run import Run, stamp
from worker.web.console.filters import only_filter
from worker.web.console.page import Visit, shown
from worker.web.console.states import StateMark, run_mark

PAGE = 50
MISSED = 10


@dataclass(frozen=True, slots=True)
class RunRow:
    mark: StateMark
    schedule: str
    slot: str
    href: str
    trigger: str
    took: str
    words: str


def run_rows(visit: Visit, runs: Iterable[Run]) -> list[RunRow]:
    return [_row(visit, run) for run in runs]


async def runs_page(visit: Visit, request: Request) -> Response:
    """Raises NotFound for a page that begins after a run that is gone."""
    schedule, before = only_filter(request, "schedule") or None, request.query_params.get("before", "")
    found = await visit.uses.lookups.runs(schedule, PAGE + 1, before=before)
    more = {"before": str(found[PAGE - 1].key)} if len(found) > PAGE else {}
    query = urlencode({**({"schedule": schedule} if schedule else {}), **more})
    missed = await visit.uses.lookups.missed(schedule, MISSED) if not before else ()
    values: dict[str, object] = {
        "rows": run_rows(visit, found[:PAGE]),
        "next": f"{visit.to('runs')}?{query}" if more else "",
        "missed": [
            (
                row.schedule,
                visit.w.stamp(row.last),
                visit.w.say("console.slots", row.count),
                visit.w.reason(row.reason),
                visit.to("explain", f"{row.schedule}@{stamp(row.last)}"),
            )
            for row in missed
        ],
        "schedule": schedule or "",
    }
    return shown(visit, "runs", values)


def _row(visit: Visit, run: Run) -> RunRow:
    return RunRow(
        mark=run_mark(run),
        schedule=run.key.schedule,
        slot=visit.w.stamp(run.key.slot),
        href=visit.to("run", str(run.key)),
        trigger=run.trigger,
        took=visit.w.brief((run.closed_at - run.claimed_at).total_seconds()) if run.closed_at else "",
        words=visit.w.clean(visit.w.sentence(run.sentence) or visit.w.reason(run.reason), 200),
    )
