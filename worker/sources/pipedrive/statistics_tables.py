"""Tables of conversion and movements: their columns, their cells, and the sums over them."""

from collections.abc import Iterable, Iterator

from worker.domain.money import code_of
from worker.domain.snapshot.snapshot import Column, Kind, Measure, Row, Table, table
from worker.sources.common.parse import Node

MOVES = ("new_deals", "deals_left_open", "won_deals", "lost_deals")
DAY = 86_400

_USER = (Column("user_id", Kind.ID), Column("user", Kind.TEXT))
_STAGE = (Column("stage_id", Kind.ID), Column("stage", Kind.TEXT))
CONVERSION = (
    *_USER,
    Column("from_stage_id", Kind.ID),
    Column("from_stage", Kind.TEXT),
    Column("to_stage_id", Kind.ID),
    Column("to_stage", Kind.TEXT),
    Column("conversion_rate", Kind.RATIO, significant=True),
)
MOVEMENTS = (
    *_USER,
    *(Column(name, Kind.INT, significant=True, sum=True) for name in ("movements_between_stages", *MOVES)),
    Column("average_age", Kind.SECONDS),
)
VALUES = (
    *_USER,
    Column("what", Kind.TEXT),
    Column("currency", Kind.TEXT),
    Column("value", Kind.MONEY, significant=True, sum=True),
)
AGES = (*_USER, *_STAGE, Column("average_age", Kind.SECONDS))


def maps(answers: Iterable[Node]) -> Iterator[Node]:
    """The maps by currency that have the right shape."""
    for data in answers:
        groups = (data.get(name) for name in MOVES)
        yield from (group.get("values") for group in groups if isinstance(group.value, dict))


def share(node: Node) -> float | None:
    """Whole per cent as a fraction. Null stays null."""
    percent = node.number_or_none()
    if percent is not None and not 0 <= percent <= 100:
        raise node.wrong("a percentage from 0 to 100")
    return None if percent is None else percent / 100


def seconds(node: Node) -> float | None:
    """Days as seconds. Null stays null."""
    days = node.number_or_none()
    return None if days is None else float(days * DAY)


def totals(moved: Table) -> Iterator[Measure]:
    """The sums of table `movements`, and the average age where it is one person's."""
    for name in ("movements_between_stages", *MOVES):
        at = moved.index(name)
        total = sum(cell for row in moved.rows if isinstance(cell := row.cells[at], int))
        yield Measure(("total", name), Kind.INT, total)
    at = moved.index("average_age")
    alone = moved.rows[0].cells[at] if len(moved.rows) == 1 else None
    why = "averages of several people are not averaged" if len(moved.rows) > 1 else "Pipedrive could not compute it"
    value = alone if isinstance(alone, float) else None
    yield Measure(("total", "average_age"), Kind.SECONDS, value, why_null=why if value is None else None)


def value_sums(found: Table) -> Iterator[Measure]:
    """The sums of table `values`, by what happened and currency."""
    sums: dict[tuple[str, str], int] = {}
    for row in found.rows:
        cells = found.record(row)
        key = (str(cells["what"]), str(cells["currency"]))
        amount = cells["value"]
        sums[key] = sums.get(key, 0) + (amount if isinstance(amount, int) else 0)
    for (what, currency), total in sorted(sums.items()):
        yield Measure(("total", f"{what}_value_{code_of(currency).lower()}"), Kind.MONEY, total, currency)


def unique(table_id: str, shape: tuple[Column, ...], rows: list[tuple[Node, Row]]) -> Table:
    """Raises SourceShapeChanged if two rows have the same key."""
    seen: dict[str, Row] = {}
    for node, row in rows:
        if row.key in seen:
            raise node.wrong(f"one row for {row.key!r}")
        seen[row.key] = row
    return table(table_id, shape, seen.values())
