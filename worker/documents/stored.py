"""Values of stored answers, in the form for people and programs outside of Funnelbeat."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from worker.documents.major_units import amount_of
from worker.documents.runs import gap_documents
from worker.domain.digest.csv import PlainCell, as_csv, plain_cell, rows_as_csv
from worker.domain.money import code_of, label_of
from worker.domain.run import Run, stamp
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Measure, Row, Snapshot, Table
from worker.domain.time.epoch import from_ms
from worker.domain.time.window import Window

FIGURES = "figures"
"""Represents an answer's figures in a list of table names."""

_HEADS = ("measure", "kind", "value", "currency", "why_null")


def value_document(value: Cell, kind: Kind, currency: str | None) -> Any:
    """Money as `amount_of`, an instant in RFC 3339, anything else as it is stored. Null stays null."""
    if isinstance(value, bool) or value is None:
        return value
    if kind is Kind.MONEY and isinstance(value, int | float):
        return amount_of(round(value), currency)
    return stamp(from_ms(int(value))) if kind is Kind.INSTANT else value


def cell_document(cell: Cell, column: Column, currency: str | None) -> Any:
    """As `value_document`; a currency by its code."""
    if column.name == "currency" and isinstance(cell, str):
        return code_of(cell)
    return value_document(cell, column.kind, currency)


def export_document(run: Run, answers: Iterable[tuple[str, Snapshot]]) -> dict[str, Any]:
    """{"run", "schedule", "slot", "answers": [answer, …], "gaps": [gap, …]}; an answer is {"query", "window", "as_of":
    {"first", "last"}, "measures": [{"key", "kind", "value", "currency", "why_null"}, …], "tables": [{"table",
    "columns": [{"name", "kind"}, …], "rows": [{"key", "cells": {column: value}}, …], "total", "sliced"}, …]}.

    `query` ends in ":compared" for the answer of the period that a query is compared with. Money is {"amount":
    "52000.00", "currency"}, in major units.
    """
    return _document(
        run,
        [
            {**_answer(name, one), "tables": [table_document(table) for table in tables_of(one)]}
            for name, one in answers
        ],
    )


def _document(run: Run, answers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "run": str(run.key),
        "schedule": run.key.schedule,
        "slot": stamp(run.key.slot),
        "answers": answers,
        "gaps": gap_documents(run.gaps),
    }


def snapshots_document(run: Run, answers: Iterable[tuple[str, Snapshot]]) -> dict[str, Any]:
    """As `export_document`, with the number of rows of each table instead of the rows."""
    return _document(
        run, [{**_answer(name, one), "tables": [_counted(table) for table in tables_of(one)]} for name, one in answers]
    )


def _counted(of: Table) -> dict[str, Any]:
    return {**table_document(replace(of, rows=())), "rows": len(of.rows)}


def tables_of(of: Snapshot) -> tuple[Table, ...]:
    """Includes the table of the rows that left the list and were looked up."""
    return (*of.tables, of.followed) if of.followed is not None else of.tables


def part_csv(part: Table | tuple[Measure, ...]) -> bytes:
    """Codes of next steps and stall reasons stay as the service has them: the file is for programs."""
    return as_csv(part, {}) if isinstance(part, Table) else rows_as_csv(_HEADS, map(_plain_measure, part))


def _plain_measure(of: Measure) -> tuple[PlainCell, ...]:
    value, currency = plain_cell(of.value, of.kind, of.currency), label_of(of.currency) if of.currency else None
    return ".".join(of.key), of.kind.value, value, currency, of.why_null


def export_files_document(run: Run, files: Iterable[tuple[str, int]]) -> dict[str, Any]:
    """{"run", "files": [{"file", "rows"}, …]}: the files that were written, by path."""
    return {"run": str(run.key), "files": [{"file": file, "rows": rows} for file, rows in files]}


def window_document(window: Window | None) -> dict[str, Any] | None:
    """{"name", "start", "end", "zone", "so_far"}: the half-open range [start, end); null for a live query."""
    if window is None:
        return None
    start, end = stamp(window.start), stamp(window.end)
    return {"name": window.name, "start": start, "end": end, "zone": window.zone, "so_far": window.so_far}


def _answer(name: str, snapshot: Snapshot) -> dict[str, Any]:
    first, last = snapshot.as_of
    return {
        "query": name,
        "window": window_document(snapshot.window),
        "as_of": {"first": stamp(first), "last": stamp(last)},
        "measures": [_measure(measure) for measure in snapshot.measures],
    }


def _measure(of: Measure) -> dict[str, Any]:
    return {
        "key": ".".join(of.key),
        "kind": of.kind.value,
        "value": value_document(of.value, of.kind, of.currency),
        "currency": code_of(of.currency) if of.currency else None,
        "why_null": of.why_null,
    }


def table_document(of: Table) -> dict[str, Any]:
    return {
        "table": of.id,
        "columns": [{"name": column.name, "kind": column.kind.value} for column in of.columns],
        "rows": [_row(of, row) for row in of.rows],
        "total": of.total,
        "sliced": of.sliced,
    }


def _row(table: Table, row: Row) -> dict[str, Any]:
    cells = table.record(row)
    currency = str(cells.get("currency") or "") or None
    return {
        "key": row.key,
        "cells": {column.name: cell_document(cells[column.name], column, currency) for column in table.columns},
    }
