"""What changed between two runs of one schedule."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from worker.documents.bridge import bridge_amounts
from worker.documents.stored import cell_document, window_document
from worker.domain.diff.between import QueryComparison
from worker.domain.diff.lines import DiffLine, lines
from worker.domain.digest.csv import PlainCell, plain_cell, rows_as_csv
from worker.domain.money import label_of
from worker.domain.run import stamp
from worker.domain.snapshot.opportunity import INWARD, Move
from worker.domain.snapshot.snapshot import Cell, Kind
from worker.flow.operate.compare_runs import RunComparison

_HEADS = ("query", "table", "change", "why", "key", "title", "column", "before", "after", "currency")


def run_diff_document(found: RunComparison) -> dict[str, Any]:
    """{"schedule", "before", "after", "queries": [query, …]}; `before` and `after` are {"key", "slot"} of the older and
    the newer run.

    A query is {"query", "not_compared", "windows": {"before", "after"}, "new_period", "no_bridge", "bridge", "sliced":
    [table, …], "changes": [change, …]}. `not_compared` and `no_bridge` give reasons, null if there is none. `bridge` is
    by currency and class, with amounts as {"amount": "52000.00", "currency": "EUR"}.

    A change is {"table", "change", "why", "key", "title", "column", "before", "after"}. `change` is `figure`, `added`,
    `removed` or `changed`. `table` is null for a figure. `why`: the class of the bridge, with its detail after a colon.
    `after` of a removed row is null, unless the row had another value when it left; the bridge counts it at that one.
    """
    return {
        "schedule": found.after.key.schedule,
        "before": {"key": str(found.before.key), "slot": stamp(found.before.key.slot)},
        "after": {"key": str(found.after.key), "slot": stamp(found.after.key.slot)},
        "queries": [_query(one) for one in found.queries],
    }


def bridges_document(found: RunComparison) -> dict[str, Any]:
    """{"schedule", "before", "after", "queries": [{"query", "not_compared", "no_bridge", "bridge"}, …]}, each as in
    `run_diff_document`.
    """
    names = ("query", "not_compared", "no_bridge", "bridge")
    head = {name: value for name, value in run_diff_document(replace(found, queries=())).items() if name != "queries"}
    queries = [_query(replace(one, tables=(), measures=())) for one in found.queries]
    return {**head, "queries": [{name: one[name] for name in names} for one in queries]}


def run_diff_csv(found: RunComparison) -> bytes:
    """A line for each change; money in major units."""
    return rows_as_csv(_HEADS, _diff_rows(found))


def bridges_csv(found: RunComparison) -> bytes:
    """A line for each class of each currency: opening + the sum of sign × amount = closing. `count`: the number of
    deals.
    """
    return rows_as_csv(("query", "currency", "class", "sign", "count", "amount"), _bridge_rows(found))


def _diff_rows(found: RunComparison) -> Iterator[list[PlainCell]]:
    for query in found.queries:
        for line in lines(query):
            currency = line.after_in or line.before_in
            yield [
                query.query,
                line.table,
                line.change.value,
                line.why,
                line.key,
                line.title,
                line.column.name if line.column is not None and line.table else "",
                _plain(line, line.before, line.before_in),
                _plain(line, line.after, line.after_in),
                label_of(currency) if currency else "",
            ]


def _plain(line: DiffLine, value: Cell, currency: str | None) -> PlainCell:
    return None if line.column is None else plain_cell(value, line.column.kind, currency)


def _bridge_rows(found: RunComparison) -> Iterator[list[PlainCell]]:
    for query in found.queries:
        for terms in query.bridge.terms if query.bridge is not None else ():
            moves = [
                (move.value, 1 if move in INWARD else -1, terms.counts[move], terms.amounts[move]) for move in Move
            ]
            ends = (
                ("opening", 1, terms.opening_count, terms.opening),
                ("closing", 0, terms.closing_count, terms.closing),
            )
            for name, sign, count, minor in (ends[0], *moves, ends[1]):
                amount = plain_cell(minor, Kind.MONEY, terms.currency)
                yield [query.query, label_of(terms.currency), name, sign, count, amount]


def _query(one: QueryComparison) -> dict[str, Any]:
    return {
        "query": one.query,
        "not_compared": one.not_compared,
        "windows": {
            "before": window_document(one.before.window) if one.before else None,
            "after": window_document(one.after.window) if one.after else None,
        },
        "new_period": one.new_period,
        "no_bridge": one.no_bridge,
        "bridge": bridge_amounts(one.bridge) if one.bridge is not None else None,
        "sliced": list(one.sliced),
        "changes": [_change(line) for line in lines(one)],
    }


def _change(line: DiffLine) -> dict[str, Any]:
    return {
        "table": line.table or None,
        "change": line.change.value,
        "why": line.why or None,
        "key": line.key,
        "title": line.title or None,
        "column": line.column.name if line.column is not None and line.table else None,
        "before": _value(line, line.before, line.before_in),
        "after": _value(line, line.after, line.after_in),
    }


def _value(line: DiffLine, value: Cell, currency: str | None) -> Any:
    return None if line.column is None else cell_document(value, line.column, currency)
