"""One row for each person: what they won of what they closed, and what they have open, from the tables of movements."""

from collections.abc import Iterable

from worker.domain.money import code_of
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Row, Table, table

PEOPLE = (
    Column("user_id", Kind.ID),
    Column("user", Kind.TEXT),
    Column("currency", Kind.TEXT),
    Column("won_value", Kind.MONEY, sum=True),
    Column("won", Kind.INT, sum=True),
    Column("closed", Kind.INT, sum=True),
    Column("open_value", Kind.MONEY, sum=True),
    Column("open_deals", Kind.INT, sum=True),
    Column("new", Kind.INT, sum=True),
    Column("lost", Kind.INT, sum=True),
)
"""Not significant: changes are reported for the tables that this is made from."""

WON, OPEN = "won_deals", "deals_left_open"


def people(moved: Table, values: Table) -> Table:
    """Keyed `user|currency`. The service counts deals of all currencies together, so that only the first row of a
    person has counts.
    """
    amounts: dict[tuple[str, str], dict[str, int]] = {}
    for row in values.rows:
        cells = values.record(row)
        value = cells["value"]
        held = amounts.setdefault((str(cells["user_id"]), str(cells["currency"])), {})
        held[str(cells["what"])] = value if isinstance(value, int) else 0
    usual = _most(currency for _, currency in amounts)
    rows = [line for row in moved.rows for line in _rows(moved.record(row), amounts, usual)]
    return table("people", PEOPLE, rows)


def _rows(cells: dict[str, Cell], amounts: dict[tuple[str, str], dict[str, int]], usual: str | None) -> list[Row]:
    user = str(cells["user_id"])
    currencies = sorted(currency for owner, currency in amounts if owner == user) or ([usual] if usual else [])
    counts = tuple(cells[name] for name in (WON, "lost_deals", OPEN, "new_deals"))
    rows = []
    for place, currency in enumerate(currencies or [""]):
        held = amounts.get((user, currency), {})
        won, lost, left, new = counts if place == 0 else (None,) * len(counts)
        closed = won + lost if isinstance(won, int) and isinstance(lost, int) else None
        told = (held.get(WON, 0), won, closed, held.get(OPEN, 0), left, new, lost)
        rows.append(Row(f"{user}|{code_of(currency)}", (user, cells["user"], currency, *told)))
    return rows


def _most(currencies: Iterable[str]) -> str | None:
    """The currency of most amounts, in which a person without any has a zero."""
    listed = list(currencies)
    return max(sorted(set(listed)), key=listed.count, default=None)
