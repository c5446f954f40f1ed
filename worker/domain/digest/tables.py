"""Every table that no other section shows, with an order and cells that are useful to a reader."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from worker.domain.digest.context import DigestContext
from worker.domain.digest.figures import earlier, named_figures, totalled
from worker.domain.digest.funnels import STAGES
from worker.domain.digest.joined import joined
from worker.domain.digest.layout import DEALS, chosen, ruled, suggested
from worker.domain.digest.sections import Layout, TableSection
from worker.domain.digest.table_rows import Listing, in_order, listing, summed
from worker.domain.schedule import Query, Show
from worker.domain.snapshot.history import HISTORY
from worker.domain.snapshot.opportunity import TABLE as OPPORTUNITIES
from worker.domain.snapshot.presentation import TableRule
from worker.domain.snapshot.requests import REQUESTS
from worker.domain.snapshot.snapshot import Cell, Snapshot, Table

ROWS = 10
"""Rows of a table of which neither its source nor `show` says how many are printed."""


@dataclass(frozen=True, slots=True)
class Tables:
    """`covered`: names of measures that a printed table shows; `unprinted`: ids of tables and their numbers of rows."""

    sections: tuple[TableSection, ...]
    covered: frozenset[str]
    unprinted: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Found:
    item: Query
    table: Table
    rule: TableRule | None
    now: Snapshot


def tables(context: DigestContext, *, beside_funnel: bool) -> Tables:
    """`beside_funnel`: the digest has a funnel, which says more than some tables."""
    sections: list[TableSection] = []
    told: set[str] = set()
    unprinted: list[tuple[str, int]] = []
    joins: dict[str, list[tuple[TableRule, Listing]]] = {}
    places: dict[str, int] = {}
    for item in context.schedule.report:
        now = context.snapshots.get(item.id)
        if now is None:
            continue
        printed = list(_printed(context, item, now, beside_funnel=beside_funnel))
        shown = {found.table.id for found in printed}
        unprinted += [(one.id, len(one.rows)) for one in _eligible(context, item, now) if one.id not in shown]
        for found in printed:
            told |= set(found.rule.covers) if found.rule is not None else set()
            rows = _listing(context, found)
            if found.rule is not None and found.rule.joined:
                places.pop(found.rule.joined, None)  # it stands where the last of its tables would
                places[found.rule.joined] = len(sections) + len(places)
                joins.setdefault(found.rule.joined, []).append((found.rule, rows))
            else:
                sections.append(_section(found, rows, context.traits[item.id].presentation.neutral))
    for name, place in places.items():
        if not all(rule.companion for rule, _ in joins[name]):
            sections.insert(place, joined(name, joins[name]))
    return Tables(tuple(sections), frozenset(told), tuple(one for one in unprinted if one[1]))


def _eligible(context: DigestContext, item: Query, now: Snapshot) -> list[Table]:
    """Tables that no other section shows."""
    return [
        table
        for table in now.tables
        if table.id not in (STAGES, REQUESTS, HISTORY) and not (table.id == now.main and totalled(context, item, now))
    ]


def _printed(context: DigestContext, item: Query, now: Snapshot, *, beside_funnel: bool) -> Iterator[_Found]:
    """As `show` names them, else as the source does, else all. A table with a row for each person is long and seldom
    useful in a team's digest: it is left out unless its source or `show` asks for it.
    """
    traits = context.traits[item.id]
    rules = traits.presentation.tables
    eligible = {table.id: table for table in _eligible(context, item, now)}
    if item.show.tables:
        order: Sequence[str] = item.show.tables
    elif rules is not None:
        order = [name for name in rules if not beside_funnel or name not in traits.presentation.aside]
    else:
        order = [name for name in eligible if name not in traits.per_person or item.show != Show()]
    for name in order:
        if name in eligible:
            yield _Found(item, eligible[name], _rule(rules, name), now)


def _rule(rules: Mapping[str, TableRule] | None, name: str) -> TableRule | None:
    found = rules.get(name) if rules is not None else None
    return DEALS if found is None and name == OPPORTUNITIES else found


def _listing(context: DigestContext, found: _Found) -> Listing:
    past = earlier(context, found.item.id, found.now)
    before = past.answer.table(found.table.id) if past.answer is not None else None
    rows = in_order(listing(found.table, before, found.now.window, past.window), _order(found))
    return rows if found.rule is None or not found.rule.newest else rows.last(found.rule.rows)


def _order(found: _Found) -> tuple[str, ...] | None:
    """`show` applies to an item's list; for a query without a list it applies to all tables. None: the largest first,
    by a column that may be added up.
    """
    show = _show(found)
    if show.order_by is not None:
        return (show.order_by,)
    return found.rule.order if found.rule is not None else None


def _show(found: _Found) -> Show:
    return found.item.show if found.now.main in (None, found.table.id) else Show()


def _section(found: _Found, rows: Listing, neutral: frozenset[str]) -> TableSection:
    show, rule = _show(found), found.rule
    limit = show.limit if show.limit is not None else rule.rows if rule is not None else ROWS
    layout = _layout(show, rule, rows)
    total = rule is not None and rule.total
    return TableSection(
        query_id=found.item.id,
        table_id=found.table.id,
        columns=rows.columns,
        rows=rows.rows,
        limit=limit,
        layout=layout,
        before=rows.before,
        total=summed(rows.columns, rows.rows) if total else _measured(rule, rows, found.now),
        total_before=summed(rows.columns, tuple(rows.earlier.values())) if total and rows.earlier is not None else None,
        window=rows.window,
        compared=rows.compared,
        title=rule.title if rule is not None else "",
        shaded=rule is not None and rule.shaded,
        neutral=neutral,
    )


def _measured(rule: TableRule | None, rows: Listing, now: Snapshot) -> tuple[Cell, ...] | None:
    """A last row from the answer's measures; None if its source names none."""
    if rule is None or not rule.total_of:
        return None
    known = named_figures(now, None)
    named = (rule.total_of.get(column.name, "") for column in rows.columns)
    return tuple(known[name].value if name in known else None for name in named)


def _layout(show: Show, rule: TableRule | None, rows: Listing) -> Layout:
    if show.columns:
        return chosen(rows.columns, show.columns)
    return suggested(rows.columns, rows.rows) if rule is None else ruled(rows.columns, rule)
