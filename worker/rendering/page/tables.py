"""Tables that are neither list, funnel nor figures: which of them, their titles and columns."""

from worker.domain.digest.model import Digest, Figure, FigureSection, TableSection
from worker.domain.snapshot.opportunity import TABLE as OPPORTUNITIES
from worker.domain.snapshot.snapshot import Column, Kind
from worker.rendering.page.first_figures import figure_words
from worker.rendering.page.rows import Cut
from worker.rendering.wording import Wording, needs_cents

GROUPS = "groups"
_NUMBERS = frozenset({Kind.INT, Kind.MONEY, Kind.RATIO, Kind.SECONDS})
OF_DEALS = ("title", "value", "period", "owner", "stage", "expected_close", "closed_at", "status")
"""Columns of a list of deals that are printed, in this order."""
MOST_NAMED = 12
"""Tables that are left out and named."""


class OtherTables:
    """`csv` names the attached CSV files, where rows that are cut may be found."""

    def __init__(self, digest: Digest, w: Wording, cut: Cut, csv: tuple[str, ...] = ()) -> None:
        self._digest = digest
        self._w = w
        self._cut = cut
        self._csv = csv

    @property
    def tables(self) -> tuple[TableSection, ...]:
        return self._digest.tables[: self._cut.tables]

    @property
    def tables_cut(self) -> str:
        """Tables and whole sections that are not printed, the first of them by name."""
        most, digest = self._cut.sections, self._digest
        queries = [section.query_id for section in digest.stalled[most:]]
        queries += [section.query_id for section in digest.funnels[most:]]
        queries += [section.query_id for section in digest.figures[most:]]
        titles = [query_title(query, self._w) for query in queries]
        titles += map(self.table_title, digest.tables[self._cut.tables :])
        named = list(dict.fromkeys(titles))
        more = [self._w.more(len(named) - MOST_NAMED)] if len(named) > MOST_NAMED else []
        return self._w.say("cut.tables", what="; ".join([*named[:MOST_NAMED], *more])) if named else ""

    def query_title(self, query_id: str) -> str:
        return query_title(query_id, self._w)

    def table_title(self, table: TableSection) -> str:
        """The query's name, and the table's own where it is one of several or not the query's main one."""
        title = self.query_title(table.query_id)
        if table.table_id in (OPPORTUNITIES, GROUPS, table.query_id):
            headed = any(section.query_id == table.query_id for section in self._digest.figures)
            return self._w.say("row_by_row", query=title) if headed else title
        return f"{title}, {self._w.clean(table.table_id).replace('_', ' ').replace('-', ' ')}"

    def rows_cut(self, table: TableSection) -> str:
        """How many rows are not printed, and whether they are attached."""
        hidden = table.hidden + max(0, len(table.rows) - self._cut.rows)
        attached = table.table_id == OPPORTUNITIES and f"{table.query_id}.csv" in self._csv
        words = "cut.rows_csv" if attached else "cut.rows"
        return self._w.say(words, more=self._w.more(hidden)) if hidden else ""

    def printed(self, table: TableSection, most: int) -> list[tuple[int, Column]]:
        """The columns that are worth a reader's width, with their places in a row: no id beside its name, no word or
        date that every row lacks, and no currency, which every amount brings along. A list of deals begins with their
        worth.
        """
        names = {column.name for column in table.columns}
        columns = [
            (place, column)
            for place, column in enumerate(table.columns)
            if column.name != "currency" and column.name.removesuffix("_id") not in names - {column.name}
        ]
        if {"title", "value"} <= names:
            columns = sorted(
                (one for one in columns if one[1].name in OF_DEALS), key=lambda one: OF_DEALS.index(one[1].name)
            )
        return _with_sums([one for one in columns if _says_something(table, *one)], most)

    def cells(self, table: TableSection, most: int) -> list[list[str]]:
        """The rows as `printed` names their columns. A column of money has minor units in every row of a currency or
        in none, so that it adds up as it is printed.
        """
        shown = self.printed(table, most)
        cents = {place: _with_cents(table, place) for place, column in shown if column.kind is Kind.MONEY}
        return [
            [
                self._w.cell(row[place], column, currency, cents=(currency in cents[place] if place in cents else None))
                for place, column in shown
            ]
            for row in table.rows
            for currency in (table.currency(row),)
        ]

    def figure_cells(self, figure: Figure) -> tuple[str, str, str]:
        """Now, before and the change between them, all in whole units or all with minor ones."""
        return figure_words(figure, self._w)

    def period(self, section: FigureSection) -> str:
        """The days that a section's figures are of, and those that they are compared with; "" for no window."""
        if section.window is None:
            return ""
        now = self._w.span(section.window)
        if section.compared is None:
            return now
        words = "new_period_against" if section.new_period else "against"
        return self._w.say(words, now=now, before=self._w.span(section.compared))


def _says_something(table: TableSection, place: int, column: Column) -> bool:
    """A number that nobody knows is worth a dash; other columns are left out where no row has them."""
    return column.kind in _NUMBERS or not table.rows or any(row[place] is not None for row in table.rows)


def _with_sums(columns: list[tuple[int, Column]], most: int) -> list[tuple[int, Column]]:
    """The first `most`. Where none of them can be added up, what can be comes right behind the first."""
    sums = [one for one in columns if one[1].sum]
    if not sums or any(one in sums for one in columns[:most]):
        return columns[:most]
    return [*columns[:1], *sums, *(one for one in columns[1:] if one not in sums)][:most]


def query_title(query_id: str, w: Wording) -> str:
    """A query's own name in the schedule, as a title: "lost-reasons" → "Lost reasons"."""
    words = w.clean(query_id).replace("_", " ").replace("-", " ")
    return words[:1].upper() + words[1:]


def _with_cents(table: TableSection, place: int) -> set[str | None]:
    """Currencies of which a cell of this column has minor units to show."""
    return {
        currency
        for row in table.rows
        if isinstance(cell := row[place], int | float)
        and needs_cents([round(cell)], (currency := table.currency(row)) or "")
    }
