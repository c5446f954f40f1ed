"""The cells of one table in words: aligned amounts, changes, counts, and the width that they need."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from worker.domain.digest.layout import NUMBERS, suggested
from worker.domain.digest.sections import Figure, FigurePlace, TableSection
from worker.domain.snapshot.snapshot import Cell, Column, Kind
from worker.rendering.bars import from_zero
from worker.rendering.page.table_view import CellView, RowView
from worker.rendering.phrases import filled
from worker.rendering.text_table import width
from worker.rendering.wording import JOIN, NONE, Wording, needs_cents

Row = tuple[Cell, ...]

SHADES = (0.10, 0.15, 0.22)
"""Shares from which on a cell gets a darker shade; any share above zero has the lightest one."""

SCREEN = 280
"""Pixels between the edges of the card on the narrowest phone."""

RANGE = f"{JOIN}–{JOIN}"
NAME = 104
DIGIT, SMALL_DIGIT, GAP = 8.8, 7.6, 12
"""The width of a name, of a character in both sizes, and between two cells, in pixels."""


class TableCells:
    def __init__(self, table: TableSection, w: Wording, slot: datetime) -> None:
        self._table = table
        self._w = w
        self._slot = slot
        self._layout = table.layout or suggested(table.columns, table.rows)
        self._cents = {
            place.column: self._with_cents(place.column)
            for place in self._layout.figures
            if self._column(place.column).kind is Kind.MONEY
        }

    @property
    def heads(self) -> tuple[str, ...]:
        own = f"head.{self._table.table_id}"
        name = self._w.metric_label(self._column(self._layout.name).name) if self._layout.name is not None else ""
        first = self._w.say(own) if self._table.title and self._w.knows(own) else name
        return (first, *(self._w.metric_label(self._column(place.column).name) for place in self._layout.figures))

    def row(self, place: int) -> RowView:
        row = self._table.rows[place]
        before = self._table.before[place] if self._table.before else None
        return RowView(self._name(row), self._detail(row), self._figures(row, before))

    def with_bars(self, rows: Sequence[RowView]) -> list[RowView]:
        """The first rows, each with its bars, where the table has any."""
        place = self._layout.bars
        if place is None:
            return list(rows)
        now = [_whole(row[place]) for row in self._table.rows[: len(rows)]]
        past = [None if row is None else _whole(row[place]) for row in self._table.before[: len(rows)]]
        lengths = from_zero([*now, *past])
        before = [*lengths[len(now) :], *[None] * len(rows)]
        return [replace(row, bar=lengths[at], before_bar=before[at]) for at, row in enumerate(rows)]

    @property
    def legend(self) -> str:
        """What the bars are; "" for none."""
        word = f"{'bars' if self._table.before else 'bars_alone'}.{self._table.table_id}"
        return self._w.say(word) if self._layout.bars is not None and self._w.knows(word) else ""

    def sums(self, label: str, row: Row) -> RowView:
        """A row of sums, without changes."""
        cells = tuple(self._figure(row, place, None, compared=False) for place in self._layout.figures)
        return RowView(label, self._detail(row), cells, total=True)

    def summed(self, rows: Sequence[Row]) -> str:
        """The sums of the printed numbers that may be added up, by currency."""
        told = []
        for place in self._layout.figures:
            column = self._column(place.column)
            if column.sum:
                told += self._sums_of(column, place.column, rows)
        return ", ".join(told)

    def too_wide(self, rows: Iterable[tuple[CellView, ...]]) -> bool:
        """Whether two numbers leave no space for a name beside them."""
        listed = list(rows)
        if not listed or len(self._layout.figures) < 2:
            return False
        heads = [max(map(width, head.split()), default=0) * SMALL_DIGIT for head in self.heads[1:]]
        wide = [max(room(row[at].value, row[at].under) for row in listed) for at in range(len(self._layout.figures))]
        return sum(max(pair) + GAP for pair in zip(heads, wide, strict=True)) > SCREEN - NAME

    def _column(self, place: int) -> Column:
        return self._table.columns[place]

    def _name(self, row: Row) -> str:
        if self._layout.name is None:
            return ""
        column = self._column(self._layout.name)
        if column.name == "title" and not row[self._layout.name]:
            return self._w.say("no_name")
        return self._w.row_name(row[self._layout.name], column)

    def _detail(self, row: Row) -> str:
        texts = [self._text(row, place) for place in self._layout.details if self._column(place).kind not in NUMBERS]
        counts = [self._count(row, place) for place in self._layout.details if self._column(place).kind in NUMBERS]
        told = [*texts, ", ".join(one for one in counts if one)]
        return " · ".join(one for one in told if one)

    def _text(self, row: Row, place: int) -> str:
        """A missing owner is printed; any other missing detail is left out."""
        column, cell = self._column(place), row[place]
        return "" if not cell and column.name != "owner" else self._w.row_name(cell, column)

    def _most(self, row: Row, place: int) -> float | None:
        """The greatest of several values of which this cell has the least; None if all are the same."""
        high = next((row[upto] for low, upto in self._layout.upto if low == place), None)
        return high if isinstance(high, int | float) and high != row[place] else None

    def _count(self, row: Row, place: int) -> str:
        """A number below a name; zero is left out."""
        column, cell = self._column(place), row[place]
        most = self._most(row, place)
        if not isinstance(cell, int | float) or (not cell and most is None):
            return ""
        if most is not None and self._w.knows(f"said.{column.name}"):
            both = RANGE.join(self._w.count(round(end)) for end in (cell, most))
            return filled(self._w.pattern(f"said.{column.name}", round(most)), {"n": both})
        if self._table.shaded:
            return self._w.count(round(cell))
        if column.kind is Kind.INT and self._w.knows(f"said.{column.name}"):
            return self._w.say(f"said.{column.name}", round(cell))
        value = self._w.cell(cell, column, self._table.currency(row))
        return f"{self._w.metric_label(column.name)} {value}"

    def _figures(self, row: Row, before: Row | None) -> tuple[CellView, ...]:
        compared = bool(self._table.before) and not self._table.shaded
        return tuple(self._figure(row, place, before, compared=compared) for place in self._layout.figures)

    def _figure(self, row: Row, place: FigurePlace, before: Row | None, *, compared: bool) -> CellView:
        column, cell = self._column(place.column), row[place.column]
        if column.kind is Kind.INSTANT:
            return CellView(self._days(cell), mute=cell is None)
        currency = self._table.currency(row)
        zero = cell == 0 and column.kind is Kind.MONEY
        cents = None if column.kind is not Kind.MONEY else not zero and currency in self._cents[place.column]
        value = self._w.cell(cell, column, currency, cents=cents)
        mute = cell is None or zero
        if self._table.shaded:
            return CellView("" if cell is None else self._w.percent(_number(cell)), shade=_shade(cell))
        most = self._most(row, place.column)
        if most is not None and column.kind is Kind.RATIO:
            return CellView(RANGE.join(self._w.percent(end) for end in (_number(cell) or 0, most)))
        if place.under is not None:
            return CellView(value, self._under(row, place), mute=mute)
        if not compared:
            return CellView(value, mute=mute)
        return self._changed(
            value, mute, Figure(column.name, column.kind, _number(cell), None, currency), before, place
        )

    def _changed(self, value: str, mute: bool, now: Figure, before: Row | None, place: FigurePlace) -> CellView:
        if before is None:
            return CellView(value, self._w.say("row_new"), mute=mute, changes=True)
        was = _number(before[place.column]) if self._most(before, place.column) is None else None
        cents = now.currency in self._cents[place.column] if now.kind is Kind.MONEY else None
        moved = self._w.difference(now.value, was, now.kind, now.currency, cents=cents)
        if moved == NONE:
            return CellView(value, mute=mute)
        delta = (now.value or 0) - (was or 0)
        neutral = moved == "=" or now.name in self._table.neutral
        return CellView(value, moved, "m" if neutral else "in" if delta > 0 else "out", mute, changes=True)

    def _under(self, row: Row, place: FigurePlace) -> str:
        """As in "2 of 3" or "7 deals"."""
        if place.under is None:
            return ""
        cell = row[place.under]
        if place.of is not None:
            whole = row[place.of]
            if not isinstance(cell, int) or not isinstance(whole, int) or not whole:
                return NONE
            return self._w.say("of", part=self._w.count(cell), whole=self._w.count(whole))
        return self._count(row, place.under) or NONE

    def _days(self, cell: Cell) -> str:
        """How long ago, in days."""
        if not isinstance(cell, int):
            return NONE
        days = self._w.since_days(datetime.fromtimestamp(cell / 1000, UTC), self._slot)
        return self._w.say("brief.days", max(0, days))

    def _sums_of(self, column: Column, place: int, rows: Sequence[Row]) -> list[str]:
        sums: dict[str | None, float] = {}
        for row in rows:
            if isinstance(cell := row[place], int | float):
                currency = self._table.currency(row) if column.kind is Kind.MONEY else None
                sums[currency] = sums.get(currency, 0) + cell
        said = f"said.{column.name}"
        return [
            self._w.say(said, round(total))
            if column.kind is Kind.INT and self._w.knows(said)
            else f"{self._w.metric_label(column.name)} {self._w.measure(total, column.kind, currency)}"
            for currency, total in sums.items()
            if column.kind in (Kind.INT, Kind.MONEY) and total
        ]

    def _with_cents(self, place: int) -> set[str | None]:
        """Currencies in which a cell of this column, now or before, has minor units."""
        rows = [*self._table.rows, *(row for row in self._table.before if row is not None)]
        rows += [row for row in (self._table.total, self._table.total_before) if row is not None]
        return {
            currency
            for row in rows
            if isinstance(cell := row[place], int | float)
            and needs_cents([round(cell)], (currency := self._table.currency(row)) or "")
        }


def room(value: str, under: str = "") -> float:
    """The width in pixels of a number and of the text below it; an upper bound."""
    return max(width(value) * DIGIT, width(under) * SMALL_DIGIT)


def _number(cell: Cell) -> int | float | None:
    return cell if isinstance(cell, int | float) and not isinstance(cell, bool) else None


def _whole(cell: Cell) -> int | None:
    return None if (number := _number(cell)) is None else round(number)


def _shade(cell: Cell) -> int:
    share = _number(cell)
    return 0 if not share else 1 + sum(share >= bound for bound in SHADES)
