"""The command that compares two runs of a schedule."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from worker.documents.bridge import bridge_document
from worker.documents.run_diff import run_diff_csv, run_diff_document
from worker.domain.diff.between import NotCompared, QueryComparison
from worker.domain.diff.lines import DiffLine, LineKind, lines
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Cell, Kind
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

TOUCHED = "updated_at"
"""The column that changes with any other one, and often alone: a service counts a look or a note too."""

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
        for text in report(found, limit):
            console.out.print(text, markup=False)


def report(found: RunComparison, limit: int) -> Iterator[str]:
    """The lines for a terminal: of each query its bridge, and at most `limit` changes."""
    words = Wording("en_GB", found.zone)
    yield f"{found.before.key} → {found.after.key}"
    for query in found.queries:
        yield ""
        yield f"{query.query}{_remark(query)}"
        if query.bridge is not None:
            for currency, terms in bridge_document(query.bridge).items():
                yield from bridge_lines(currency, terms)
        found_lines = list(lines(query))
        touched = _touched(found_lines)
        changes = sorted((line for line in found_lines if _row(line) not in touched), key=_weight)
        yield from (_sentence(words, line) for line in changes[:limit])
        if touched:
            yield f"  {_counted(len(touched))} touched: nothing but {TOUCHED} differs"
        if len(changes) > limit:
            yield f"  … and {len(changes) - limit:,} more; --limit, --csv and --json list them"


def _row(line: DiffLine) -> tuple[str, str] | None:
    return None if line.change is LineKind.FIGURE else (line.table, line.key)


def _touched(changes: Sequence[DiffLine]) -> set[tuple[str, str] | None]:
    """The rows whose only change is when they were last changed."""
    others = {_row(line) for line in changes if not _says_when(line)}
    return {_row(line) for line in changes} - others


def _says_when(line: DiffLine) -> bool:
    return line.change is LineKind.CHANGED and line.column is not None and line.column.name == TOUCHED


def _counted(rows: int) -> str:
    return "1 row was only" if rows == 1 else f"{rows:,} rows were only"


def _weight(line: DiffLine) -> tuple[bool, bool, bool, float]:
    """Rows before figures, whole rows before cells, the largest first, and when a row was changed after what was."""
    amounts = [abs(value) for value in (line.before, line.after) if isinstance(value, int | float)]
    whole = line.change in {LineKind.ADDED, LineKind.REMOVED}
    largest = -max(amounts, default=0) if whole else 0
    return line.change is LineKind.FIGURE, not whole, _says_when(line), largest


def _remark(query: QueryComparison) -> str:
    if query.not_compared is not None:
        return f": {WHY_NOT[query.not_compared]}"
    cut = "; the list is cut by its parameters, so its rows are not compared" if query.sliced else ""
    period = "; its windows begin at different times, so these are figures of two periods" if query.new_period else ""
    return f"{'' if query else ': nothing moved'}{period}{cut}"


def _sentence(words: Wording, line: DiffLine) -> str:
    before, after = _values(words, line)
    name = " ".join(filter(None, (line.title, f"({line.key})" if line.title else line.key)))
    if line.change is LineKind.FIGURE:
        return f"  {name}: {before} → {after}"
    if line.change is LineKind.CHANGED:
        column = line.column.name if line.column is not None else ""
        return f"  ~ {name}: {column} {before} → {after}"
    sign, value = ("+", after) if line.change is LineKind.ADDED else ("-", before)
    if line.revalued:
        value = f"{before} → {after}"
    move, _, detail = line.why.partition(":")
    why = f", {words.move_label(Move(move)).lower()}{_detail(words, detail)}" if move else ""
    return f"  {sign} {name}{f' {value}' if line.column is not None else ''}{why}"


def _detail(words: Wording, detail: str) -> str:
    said = words.detail(detail)
    return f" ({said})" if said else ""


def _values(words: Wording, line: DiffLine) -> tuple[str, str]:
    """Instants of one day with their times, because a change that looks like none says nothing."""
    before, after = (_shown(words, line, *one) for one in ((line.before, line.before_in), (line.after, line.after_in)))
    instants = line.column is not None and line.column.kind is Kind.INSTANT
    if not (instants and before == after and isinstance(line.before, int) and isinstance(line.after, int)):
        return before, after
    was, now = (datetime.fromtimestamp(value / 1000, UTC) for value in (line.before, line.after))
    spelled = ((say(was), say(now)) for say in (words.time, words.clock))
    first, second = next((pair for pair in spelled if pair[0] != pair[1]), (was.isoformat(), now.isoformat()))
    return f"{before}, {first}", f"{after}, {second}"


def _shown(words: Wording, line: DiffLine, value: Cell, currency: str | None) -> str:
    if line.column is None:
        return ""
    return words.cell(value, line.column, currency, cents=True).replace(JOIN, "")


COMMANDS = {"diff": diff}
