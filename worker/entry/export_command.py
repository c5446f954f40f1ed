"""The command that writes a run's stored answers to files."""

import json
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from worker.adapters import parquet
from worker.channels.common.names import slug
from worker.documents.stored import FIGURES, export_document, export_files_document, part_csv, tables_of
from worker.domain.run import Run
from worker.domain.snapshot.snapshot import Measure, Snapshot, Table
from worker.entry import console
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.errors import NotFound, RequestError
from worker.flow.operate.export import stored_answers
from worker.flow.operate.find_run import find_run
from worker.flow.run.collect import COMPARED
from worker.flow.services import Services

Part = tuple[str, Table | tuple[Measure, ...]]
"""One table of a file: "<query>.<table>", and its rows or figures."""


class ExportFormat(StrEnum):
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def export(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's key, a unique prefix, ID@latest or ID@-1.")],
    project: Project = None,
    query: Annotated[str | None, typer.Option("--query", metavar="ID", help="Only this query's answer.")] = None,
    table: Annotated[str | None, typer.Option("--table", help="Only this table; `figures` for the figures.")] = None,
    format_: Annotated[ExportFormat, typer.Option("--format", help="csv, json or parquet.")] = ExportFormat.CSV,
    out: Annotated[Path | None, typer.Option("--out", help="The directory to write to.")] = None,
    as_json: Json = False,
) -> None:
    """Write the stored answers of a run: every table and every figure.

    Without --out, JSON and a single table as CSV are written to standard output. With --query alone, that is its list.
    Nothing is fetched.

    Example: `funnelbeat export weekly@latest --query deals > deals.csv`
    """
    with console.guarded(as_json=as_json):
        _refuse(_form(format_, out, as_json=as_json), table, out)

        async def work(services: Services) -> tuple[Run, tuple[tuple[str, Snapshot], ...]]:
            found = await find_run(services, run)
            return found, await stored_answers(services, found, query)

        found, answers = with_ledger(directory(ctx, project), work)
        if out is not None:
            files = [*_written(out, found, answers, format_, table)]
        elif not as_json and format_ is ExportFormat.CSV:
            sys.stdout.buffer.write(part_csv(_only_one(run, answers, table)))
            sys.stdout.buffer.flush()
            return
    if out is None:
        console.show_json(export_document(found, answers))
    elif as_json:
        console.show_json(export_files_document(found, files))
    else:
        console.print_columns(("File", "Rows"), [(file, f"{rows:,}") for file, rows in files])


def _form(format_: ExportFormat, out: Path | None, *, as_json: bool) -> ExportFormat:
    """--json on standard output is the document of all answers, unless another form was asked for."""
    return ExportFormat.JSON if as_json and out is None and format_ is ExportFormat.CSV else format_


def _refuse(format_: ExportFormat, table: str | None, out: Path | None) -> None:
    """Raises RequestError for what cannot be written."""
    if format_ is ExportFormat.PARQUET and not parquet.installed():
        raise RequestError('--format parquet needs the extra: pip install "funnelbeat[parquet]"')
    if format_ is ExportFormat.PARQUET and out is None:
        raise RequestError("--format parquet writes files; add --out DIR")
    if format_ is ExportFormat.JSON and table is not None:
        raise RequestError("--table is for csv and parquet; in JSON an answer holds its tables, so write --query")


def _written(
    out: Path, run: Run, answers: Sequence[tuple[str, Snapshot]], format_: ExportFormat, table: str | None
) -> Iterator[tuple[str, int]]:
    """The files, with their numbers of rows. Raises OSError if one cannot be written."""
    out.mkdir(parents=True, exist_ok=True)
    if format_ is ExportFormat.JSON:
        path = out / f"{slug(run.key.schedule)}-{run.key.slot:%Y%m%dT%H%M%SZ}.json"
        text = json.dumps(export_document(run, answers), indent=2, ensure_ascii=False) + "\n"
        path.write_text(text, "utf-8", errors="backslashreplace")  # half a surrogate pair, as JSON escapes it
        yield str(path), sum(len(one.rows) for _, answer in answers for one in answer.tables)
        return
    used = set[str]()
    for name, part in _chosen(answers, table):
        path = out / f"{_unused(name, used)}.{format_}"
        if format_ is ExportFormat.CSV:
            path.write_bytes(part_csv(part))
        elif isinstance(part, Table):
            parquet.write_table(path, part)
        else:
            parquet.write_measures(path, part)
        yield str(path), len(part.rows) if isinstance(part, Table) else len(part)


def _unused(name: str, used: set[str]) -> str:
    """Two tables whose names differ in signs only get numbers, so that neither replaces the other."""
    stem = ".".join(slug(piece) for piece in name.split("."))
    number = next(n for n in range(1, len(used) + 2) if (stem if n == 1 else f"{stem}-{n}") not in used)
    made = stem if number == 1 else f"{stem}-{number}"
    used.add(made)
    return made


def _parts(answers: Sequence[tuple[str, Snapshot]]) -> Iterator[Part]:
    for query, answer in answers:
        for one in tables_of(answer):
            yield f"{query}.{one.id}", one
        if answer.measures:
            yield f"{query}.{FIGURES}", answer.measures


def _chosen(answers: Sequence[tuple[str, Snapshot]], table: str | None) -> list[Part]:
    """Raises NotFound for a table that no answer has."""
    parts = list(_parts(answers))
    found = [part for part in parts if table is None or part[0].partition(".")[2] == table]
    if not found:
        raise NotFound(f"--table: no answer has {table!r}; there are {', '.join(name for name, _ in parts) or 'none'}")
    return found


def _only_one(run: str, answers: Sequence[tuple[str, Snapshot]], table: str | None) -> Table | tuple[Measure, ...]:
    """The table that was chosen; of one answer alone, its list. `run`: as it was written."""
    if table is None and len(answers) == 1 and answers[0][1].rows is not None:
        return answers[0][1].rows
    found = _chosen(answers, table)
    if len(found) > 1:
        known = dict[str, list[str]]()
        for name, _ in found:
            query, _, one = name.partition(".")
            known.setdefault(query, []).append(one)
        listed = "\n".join(f"  {query}: {', '.join(tables)}" for query, tables in known.items())
        advice = "add --out DIR, or choose with --query and --table"
        raise RequestError(f"there are {len(found)} tables; {advice}\n{listed}{_example(run, found)}")
    return found[0][1]


def _example(run: str, found: Sequence[Part]) -> str:
    """A command that writes the first table that query and table choose alone; "" if there is none."""
    names = [name.replace(COMPARED, "", 1) for name, _ in found]
    alone = next((name.partition(".") for name in names if names.count(name) == 1), None)
    return f"\nsuch as `funnelbeat export {run} --query {alone[0]} --table {alone[2]}`" if alone else ""


COMMANDS = {"export": export}
