"""One run: its result, its stages, its bridge, its deliveries, and a message as it was sent."""

from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from worker.documents.deliveries import sentence_of
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.diff.bridge import Bridge
from worker.domain.reason import SENTENCES
from worker.domain.run import CLOSED, Run
from worker.errors import LedgerError, RequestError
from worker.flow.deployed import schedule_of
from worker.flow.operate.find_run import find_run
from worker.flow.operate.notes import notes_of
from worker.flow.operate.preview import bridge_of
from worker.flow.operate.retry import fell_short
from worker.flow.run.readers import is_alert
from worker.flow.run.stored_answers import load_found
from worker.web.console.bridges import shown_bridges
from worker.web.console.message import PAGE, entry_of_reader, form_words, forms_of
from worker.web.console.moves import by_size, shown_move
from worker.web.console.page import Visit, shown
from worker.web.console.stages import stages
from worker.web.console.states import StateMark, delivery_mark, run_mark

MOVES = 5
"""Moves on the page of a run. Another page has all."""

SHORT = 3
"""Readers who were not reached that stand at the top."""

MOST = 60
"""Deliveries on one page, those in trouble first."""


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """Texts for one row. `words`: the receiver's own, else ours. `key`: for a form, if a person has to settle it."""

    mark: StateMark
    reader: str
    address: str
    entry: str
    at: str
    tries: str
    words: str
    key: str
    preview: str


async def run_page(visit: Visit, request: Request) -> Response:
    """Raises NotFound."""
    run = await find_run(visit.uses.lookups, request.path_params["run"])
    rows = await visit.uses.lookups.deliveries(run.key)
    counted = _counted(visit, rows)
    ordered = sorted((shown_delivery(visit, run, row) for row in rows), key=lambda one: (one.mark.rank, one.address))
    answers = list((await load_found(visit.uses.snapshots, run)).snapshots.values())
    reader, form = _chosen(request, rows)
    bundle, entry = await entry_of_reader(visit, run, reader)
    forms = forms_of(visit, bundle, entry) if bundle is not None else PAGE
    form = form if form in forms else forms[0]
    words = form_words(visit, bundle, entry)
    moved = await _bridge(visit, run, rows)
    values: dict[str, object] = {
        "run": run,
        "key": str(run.key),
        "name": await _name(visit, run),
        "mark": run_mark(run),
        "slot": visit.w.stamp(run.key.slot),
        "counted": counted,
        "took": visit.w.brief((run.closed_at - run.claimed_at).total_seconds()) if run.closed_at else "",
        "going": run.state not in CLOSED,
        "sentence": run.sentence or (SENTENCES[run.reason] if run.reason else ""),
        "notes": await notes_of(visit.uses.snapshots, run),
        "stages": stages(visit, run, answers, rows, counted),
        "bridges": shown_bridges(visit, moved),
        "moves": [shown_move(visit, step) for step in by_size(moved.steps)[:MOVES]] if moved is not None else (),
        "all_moves": len(moved.steps) if moved is not None else 0,
        "rows": ordered[:MOST],
        "short": [(one.address, one.words) for one in ordered if one.mark.rank == 0][:SHORT],
        "all": len(rows),
        "again": sum(1 for row in rows if fell_short(row)) if run.state in CLOSED else 0,
        "reader": reader,
        "form": form,
        "forms": [(one, words[one], _href(visit, run, reader, one)) for one in forms],
        "message": f"{visit.to('message', f'{run.key}/{reader}')}?form={form}" if reader else "",
    }
    return shown(visit, "run", values)


def shown_delivery(visit: Visit, run: Run, row: Delivery) -> ShownDelivery:
    w, at = visit.w, row.settled_at or row.date or row.not_before
    receipts = [part.receipt for part in row.parts if part.receipt]
    words = sentence_of(row) or (receipts[0] if receipts else "")
    return ShownDelivery(
        mark=delivery_mark(row),
        reader=row.key.reader,
        address=w.clean(row.key.address),
        entry=w.clean(row.key.reader.split("|", 1)[0]),
        at=w.clock(at) if at else "",
        tries=w.count(row.attempt),
        words=w.clean(words, 300),
        key=str(row.key) if row.state is DeliveryState.UNKNOWN else "",
        preview=_href(visit, run, row.key.reader, ""),
    )


def _href(visit: Visit, run: Run, reader: str, form: str) -> str:
    return f"{visit.to('run', str(run.key))}?{urlencode({'reader': reader, 'form': form})}#preview"


def _chosen(request: Request, rows: tuple[Delivery, ...]) -> tuple[str, str]:
    """The reader whose message is shown, "" if there is none, and its form."""
    readers = sorted((row.key.reader for row in rows), key=is_alert)
    wanted, form = request.query_params.get("reader", ""), request.query_params.get("form", "")
    reader = wanted if wanted in readers else next(iter(readers), "")
    return reader, form


def _counted(visit: Visit, rows: tuple[Delivery, ...]) -> str:
    """As in "5 delivered, 1 skipped, 1 refused"."""
    marks = Counter(delivery_mark(row).name for row in rows)
    return ", ".join(f"{visit.w.count(n)} {visit.w.say(f'console.counted.{name}')}" for name, n in marks.items())


async def _name(visit: Visit, run: Run) -> str:
    """As the run's own deployment has it."""
    try:
        _, schedule = await schedule_of(visit.uses.deployments, run.bundle, run.key.schedule)
    except LedgerError:
        return run.key.schedule
    return visit.w.named(schedule.name, schedule.id)


async def _bridge(visit: Visit, run: Run, rows: tuple[Delivery, ...]) -> Bridge | None:
    """None where the deployment is gone, or its connection cannot be opened here: the rest of the page stands."""
    try:
        return await bridge_of(visit.uses, run, rows)
    except (LedgerError, RequestError):
        return None
