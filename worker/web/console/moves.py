"""Every move of a run's deals, or of those between two runs: as a table with filters, and as CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from worker.domain.diff.bridge import Bridge
from worker.domain.diff.moves import Step
from worker.domain.digest.csv import as_csv
from worker.domain.run import Run
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Column, Kind, Row, Table
from worker.errors import LedgerError, RequestError
from worker.flow.operate.compare_runs import bridge_between
from worker.flow.operate.find_run import find_run
from worker.flow.operate.preview import bridge_of
from worker.rendering.numbers import NONE
from worker.web.console.bridges import kind_of
from worker.web.console.page import Visit, headers, shown

PAGE = 80
"""Moves on one page."""

OWNERS = 60
"""Owners among whom a page lets choose."""

COLUMNS = (
    Column("title", Kind.TEXT),
    Column("move", Kind.TEXT),
    Column("detail", Kind.TEXT),
    Column("amount", Kind.MONEY),
    Column("currency", Kind.TEXT),
    Column("owner", Kind.TEXT),
    Column("stage", Kind.TEXT),
    Column("url", Kind.TEXT),
)


@dataclass(frozen=True, slots=True)
class ShownMove:
    """`kind`: its colour, as a bar's of the bridge. `why`: the reason in words, where there is one to say."""

    name: str
    href: str
    move: str
    kind: str
    amount: str
    owner: str
    stage: str
    why: str


@dataclass(frozen=True, slots=True)
class MoveFilter:
    """Texts as a form sends them; empty for all. `text`: part of a deal's name."""

    move: str = ""
    owner: str = ""
    text: str = ""

    def takes(self, step: Step) -> bool:
        owner, name = step.row.text("owner") or "", step.row.text("title") or ""
        named = self.text.casefold() in name.casefold()
        return self.move in ("", step.move.value) and self.owner in ("", owner) and named


async def moves_page(visit: Visit, request: Request) -> Response:
    """`since`: the run to compare with, instead of what the readers were sent before. Raises NotFound."""
    run, since = await _runs(visit, request)
    steps, by = by_size((await _bridge(visit, run, since)).steps), _filter(request)
    kept = [step for step in steps if by.takes(step)]
    given = {"since": str(since.key)} if since is not None else {}
    query = urlencode({**given, "move": by.move, "owner": by.owner, "text": by.text})
    values: dict[str, object] = {
        "key": str(run.key),
        "schedule": run.key.schedule,
        "slot": visit.w.stamp(run.key.slot),
        "since": str(since.key) if since is not None else "",
        "since_slot": visit.w.stamp(since.key.slot) if since is not None else "",
        "rows": [shown_move(visit, step) for step in kept[:PAGE]],
        "found": len(kept),
        "all": len(steps),
        "by": by,
        "moves": [(move.value, visit.w.move_label(move)) for move in Move if any(one.move is move for one in steps)],
        "owners": sorted({owner for step in steps if (owner := step.row.text("owner"))}, key=str.casefold)[:OWNERS],
        "csv": f"{visit.to('moves.csv', str(run.key))}?{query}",
    }
    return shown(visit, "moves", values)


async def moves_csv(visit: Visit, request: Request) -> Response:
    """The same moves as the page with the same address shows, all of them. Raises NotFound."""
    run, since = await _runs(visit, request)
    by, words = _filter(request), visit.w
    kept = [step for step in by_size((await _bridge(visit, run, since)).steps) if by.takes(step)]
    rows = tuple(Row(step.key, _cells(step, words.move_label(step.move), words.detail(step.detail))) for step in kept)
    name = f"{run.key.schedule.replace('/', '-')}-{run.key.slot:%Y-%m-%d}.csv"
    more = {"Content-Disposition": f'attachment; filename="{name}"'}
    body = as_csv(Table("moves", COLUMNS, rows), {})
    return Response(body, headers={**headers(), **more}, media_type="text/csv; charset=utf-8")


def shown_move(visit: Visit, step: Step) -> ShownMove:
    w, row = visit.w, step.row
    url = row.text("url") or ""
    return ShownMove(
        name=w.named(row.text("title"), step.key),
        href=url if url.startswith(("https://", "http://")) else "",
        move=w.move_label(step.move),
        kind=kind_of(step.move),
        amount=w.money(step.signed, step.currency, signed=True) if step.known else NONE,
        owner=w.clean(row.text("owner")),
        stage=w.clean(row.text("stage")),
        why=w.detail(step.detail),
    )


def by_size(steps: Sequence[Step]) -> list[Step]:
    """The largest first, currency by currency."""
    return sorted(steps, key=lambda step: (step.currency, -step.amount, step.key))


async def _runs(visit: Visit, request: Request) -> tuple[Run, Run | None]:
    run = await find_run(visit.uses, request.path_params["run"])
    since = request.query_params.get("since", "")
    return run, await find_run(visit.uses, since) if since else None


async def _bridge(visit: Visit, run: Run, since: Run | None) -> Bridge:
    """Raises RequestError where nothing can be compared."""
    try:
        if since is not None:
            found = await bridge_between(visit.uses, since, run)
        else:
            found = await bridge_of(visit.uses, run, await visit.uses.lookups.deliveries(run.key))
    except LedgerError as error:
        raise RequestError(str(error)) from None
    if found is None:
        raise RequestError(f"{run.key}: there is nothing to compare it with, so that no move is known")
    return found


def _filter(request: Request) -> MoveFilter:
    asked = request.query_params
    return MoveFilter(asked.get("move", "")[:40], asked.get("owner", "")[:200], asked.get("text", "")[:100])


def _cells(step: Step, move: str, why: str) -> tuple[str | int | None, ...]:
    row = step.row
    amount = step.signed if step.known else None
    return (
        row.text("title"),
        move,
        why,
        amount,
        step.currency,
        row.text("owner"),
        row.text("stage"),
        row.text("url"),
    )
