"""One run: its result, its stages, its bridge, its deliveries, and a message as it was sent."""

import secrets
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from worker.domain.delivery import Delivery
from worker.domain.diff.bridge import Bridge
from worker.domain.run import CLOSED, Run, RunState
from worker.domain.schedule import Schedule
from worker.errors import LedgerError, RequestError
from worker.flow.deployed import schedule_of
from worker.flow.operate.find_run import find_run
from worker.flow.operate.notes import notes_of
from worker.flow.operate.preview import bridge_of, compared_with
from worker.flow.run.readers import is_alert
from worker.flow.run.stored_answers import load_found
from worker.rendering.wording import Wording
from worker.web.console.bridges import shown_bridges
from worker.web.console.connections import quiet_processes
from worker.web.console.delivery_rows import counted, delivery_values, message_href
from worker.web.console.message import PAGE, entry_of_reader, form_words, forms_of
from worker.web.console.moves import by_size, shown_move
from worker.web.console.page import Visit, shown
from worker.web.console.stages import stages
from worker.web.console.states import run_mark

MOVES = 5
"""Moves on the page of a run. Another page has all."""


async def run_page(visit: Visit, request: Request) -> Response:
    """Raises NotFound."""
    run = await find_run(visit.uses, request.path_params["run"])
    rows = await visit.uses.lookups.deliveries(run.key)
    schedule = await _schedule(visit, run)
    answers = list((await load_found(visit.uses.snapshots, run)).snapshots.values())
    going, said = run.state not in CLOSED, counted(visit, rows)
    values: dict[str, object] = {
        "run": run,
        "key": str(run.key),
        "name": visit.w.named(schedule.name, schedule.id) if schedule is not None else run.key.schedule,
        "mark": run_mark(run),
        "slot": visit.w.stamp(run.key.slot),
        "counted": said,
        "took": visit.w.brief((run.closed_at - run.claimed_at).total_seconds()) if run.closed_at else "",
        "going": going,
        "quiet": await quiet_processes(visit) if going else (),
        "anew": run.state is RunState.FAILED and visit.runs_now(run.key.schedule),
        "once": secrets.token_urlsafe(12),
        "sentence": visit.w.sentence(_sentence(run, visit.w)),
        "notes": await notes_of(visit.uses.snapshots, run),
        "stages": stages(visit, run, answers, rows, said),
        **await delivery_values(visit, run, rows),
        **await _moved(visit, run, schedule, rows),
        **await _message(visit, run, request, rows),
    }
    return shown(visit, "run", values)


def _sentence(run: Run, w: Wording) -> str:
    """Why it ended so; empty where its missing parts say the same."""
    sentence = run.sentence or w.reason(run.reason)
    return "" if any(words and words in sentence for _, _, words in run.gaps) else sentence


async def _moved(visit: Visit, run: Run, schedule: Schedule | None, rows: tuple[Delivery, ...]) -> dict[str, object]:
    """`since`: the slot of the digest that the bridge begins with."""
    found = await _bridge(visit, run, rows)
    baseline = compared_with(rows, schedule.bridge) if schedule is not None else None
    steps = found.steps if found is not None else ()
    return {
        "bridges": shown_bridges(visit, found),
        "since": visit.w.stamp(baseline.slot) if baseline is not None else "",
        "moves": [shown_move(visit, step) for step in by_size(steps)[:MOVES]],
        "all_moves": len(steps),
    }


async def _message(visit: Visit, run: Run, request: Request, rows: Sequence[Delivery]) -> dict[str, object]:
    """Of the reader whom the address names, else of the first one."""
    reader, form = _chosen(request, rows)
    bundle, entry = await entry_of_reader(visit, run, reader)
    forms = forms_of(visit, bundle, entry) if bundle is not None else PAGE
    form = form if form in forms else forms[0]
    words = form_words(visit, bundle, entry)
    return {
        "reader": reader,
        "form": form,
        "forms": [(one, words[one], message_href(visit, run, reader, one)) for one in forms],
        "message": f"{visit.to('message', f'{run.key}/{reader}')}?form={form}" if reader else "",
    }


def _chosen(request: Request, rows: Sequence[Delivery]) -> tuple[str, str]:
    """The reader whose message is shown, "" if there is none, and its form."""
    readers = sorted((row.key.reader for row in rows), key=is_alert)
    wanted, form = request.query_params.get("reader", ""), request.query_params.get("form", "")
    reader = wanted if wanted in readers else next(iter(readers), "")
    return reader, form


async def _schedule(visit: Visit, run: Run) -> Schedule | None:
    """As the run's own deployment has it; None where that is gone."""
    try:
        _, schedule = await schedule_of(visit.uses.deployments, run.bundle, run.key.schedule)
    except LedgerError:
        return None
    return schedule


async def _bridge(visit: Visit, run: Run, rows: tuple[Delivery, ...]) -> Bridge | None:
    """None where the deployment is gone, or its connection cannot be opened here: the rest of the page stands."""
    try:
        return await bridge_of(visit.uses, run, rows)
    except (LedgerError, RequestError):
        return None
