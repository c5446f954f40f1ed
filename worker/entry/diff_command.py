"""The command that compares two runs of a schedule."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from worker.documents.bridge import bridge_document
from worker.documents.run_diff import run_diff_csv, run_diff_document
from worker.domain.diff.between import NotCompared, QueryComparison
from worker.domain.diff.lines import DiffLine, LineKind, lines
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Cell
from worker.entry import console
from worker.entry.bridge_words import bridge_lines
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.errors import RequestError
from worker.flow.operate.compare_runs import RunComparison, compare_runs
from worker.flow.operate.find_run import find_run
from worker.flow.services import Services
from worker.rendering.wording import JOIN, Wording

SHOWN = 20
"""Changed rows and figures of a query that a terminal is shown."""

WHY_NOT = {
    NotCompared.NO_ANSWER_BEFORE: "not compared: the older run has no answer",
    NotCompared.NO_ANSWER_AFTER: "not compared: the newer run has no answer",
    NotCompared.QUERY_CHANGED: "not compared: the query was changed between the runs",
}


def diff(
    ctx: typer.Context,
    one: Annotated[str, typer.Argument(metavar="RUN", help="A run's key, a unique prefix, ID@latest or ID@-1.")],
    other: Annotated[str, typer.Argument(metavar="RUN", help="Another run of the same schedule.")],
    project: Project = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="How many changes of each query to print.")] = SHOWN,
    as_csv: Annotated[bool, typer.Option("--csv", help="Every change as a line of CSV.")] = False,
    as_json: Json = False,
) -> None:
    """Show what changed between two runs of a schedule, from stored data: bridges, rows and figures of each query. The
    older run is always compared with the newer one, in whatever order you name them. Nothing is fetched.
    """
    with console.guarded(as_json=as_json):
        if as_csv and as_json:
            raise RequestError("found --csv beside --json; write one of them")

        async def work(services: Services) -> RunComparison:
            before, after = await find_run(services, one), await find_run(services, other)
            return await compare_runs(services, before, after)

        found = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(run_diff_document(found))
    elif as_csv:
        sys.stdout.buffer.write(run_diff_csv(found))
        sys.stdout.buffer.flush()
    else:
        for text in _report(found, limit):
            console.out.print(text, markup=False)


def _report(found: RunComparison, limit: int) -> Iterator[str]:
    yield f"{found.before.key} → {found.after.key}"
    for query in found.queries:
        yield ""
        yield f"{query.query}{_remark(query)}"
        if query.bridge is not None:
            for currency, terms in bridge_document(query.bridge).items():
                yield from bridge_lines(currency, terms)
        changes = sorted(lines(query), key=_weight)
        yield from (_sentence(line) for line in changes[:limit])
        if len(changes) > limit:
            yield f"  … and {len(changes) - limit:,} more; --limit, --csv and --json list them"


def _weight(line: DiffLine) -> tuple[bool, bool, float]:
    """Rows before figures, whole rows before cells, and the largest first."""
    amounts = [abs(value) for value in (line.before, line.after) if isinstance(value, int | float)]
    whole = line.change in {LineKind.ADDED, LineKind.REMOVED}
    return line.change is LineKind.FIGURE, not whole, -max(amounts, default=0) if whole else 0


def _remark(query: QueryComparison) -> str:
    if query.not_compared is not None:
        return f": {WHY_NOT[query.not_compared]}"
    cut = "; the list is cut by its parameters, so its rows are not compared" if query.sliced else ""
    period = "; its windows begin at different times, so these are figures of two periods" if query.new_period else ""
    return f"{'' if query else ': nothing moved'}{period}{cut}"


def _sentence(line: DiffLine) -> str:
    words = Wording("en_GB", "UTC")
    before, after = (_shown(words, line, *one) for one in ((line.before, line.before_in), (line.after, line.after_in)))
    name = " ".join(filter(None, (line.title, f"({line.key})" if line.title else line.key)))
    if line.change is LineKind.FIGURE:
        return f"  {name}: {before} → {after}"
    if line.change is LineKind.CHANGED:
        column = line.column.name if line.column is not None else ""
        return f"  ~ {name}: {column} {before} → {after}"
    sign, value = ("+", after) if line.change is LineKind.ADDED else ("-", before)
    move, _, detail = line.why.partition(":")
    why = f", {words.move_label(Move(move)).lower()}{_detail(words, detail)}" if move else ""
    return f"  {sign} {name}{f' {value}' if line.column is not None else ''}{why}"


def _detail(words: Wording, detail: str) -> str:
    said = words.detail(detail)
    return f" ({said})" if said else ""


def _shown(words: Wording, line: DiffLine, value: Cell, currency: str | None) -> str:
    if line.column is None:
        return ""
    return words.cell(value, line.column, currency, cents=True).replace(JOIN, "")


COMMANDS = {"diff": diff}
