"""Tables other than lists of stalled deals, funnels and figures: which are printed, their titles, rows and sums."""

from dataclasses import replace

from worker.domain.digest.model import Digest
from worker.domain.digest.sections import TableSection
from worker.domain.snapshot.opportunity import TABLE as OPPORTUNITIES
from worker.domain.time.window import Window
from worker.rendering.page.query_names import QueryNames
from worker.rendering.page.rows import Cut
from worker.rendering.page.table_cells import TableCells
from worker.rendering.page.table_view import RowView, TableView
from worker.rendering.wording import Wording

GROUPS = "groups"
MOST_NAMED = 12
"""The number of omitted tables that are listed by name."""


class OtherTables:
    """`csv` names the attached CSV files, which may have the omitted rows."""

    def __init__(self, digest: Digest, w: Wording, names: QueryNames, cut: Cut, csv: tuple[str, ...] = ()) -> None:
        self._digest = digest
        self._w = w
        self._names = names
        self._cut = cut
        self._csv = csv

    @property
    def tables(self) -> tuple[TableSection, ...]:
        """The tables that are printed."""
        return self._with_something[: self._cut.tables]

    @property
    def nothing_in(self) -> str:
        """The tables that have nothing to show, in one sentence; empty if there are none."""
        shown = self._with_something
        return self._named("nothing_in", [self.table_title(one) for one in self._digest.tables if one not in shown])

    @property
    def _with_something(self) -> tuple[TableSection, ...]:
        """Tables with rows, and tables whose previous sums show what is gone."""
        return tuple(one for one in self._digest.tables if one.rows or one.total_before is not None)

    @property
    def tables_cut(self) -> str:
        """Tables and whole sections that are not printed, the first of them by name."""
        most, digest = self._cut.sections, self._digest
        queries = [section.query_id for section in digest.stalled[most:]]
        queries += [section.query_id for section in digest.funnels[most:]]
        queries += [section.query_id for section in digest.figures[most:]]
        titles = [self.query_title(query) for query in queries]
        titles += map(self.table_title, self._with_something[self._cut.tables :])
        return self._named("cut.tables", titles)

    def _named(self, key: str, titles: list[str]) -> str:
        named = list(dict.fromkeys(titles))
        more = [self._w.more(len(named) - MOST_NAMED, "tables")] if len(named) > MOST_NAMED else []
        return self._w.say(key, what="; ".join([*named[:MOST_NAMED], *more])) if named else ""

    @property
    def also_measured(self) -> str:
        """Tables for which only the number of rows is printed. Tables without words are left out."""
        counts: dict[str, int] = {}
        for table_id, rows in self._digest.unprinted:
            counts[table_id] = counts.get(table_id, 0) + rows
        words = ((f"measured.{table_id}", rows) for table_id, rows in counts.items())
        told = [self._w.say(key, rows) for key, rows in words if self._w.knows(key)]
        return self._w.say("also_measured", what=", ".join(told)) if told else ""

    def query_title(self, query_id: str) -> str:
        """The reader's name for a query: its name in the definition, otherwise the service's word."""
        return self._names.title(query_id)

    def table_title(self, table: TableSection) -> str:
        """Its own words; otherwise the query's name, with the table's name if it is one of several or not the main
        one.
        """
        if table.title:
            return self._w.say(table.title)
        title = self.query_title(table.query_id)
        if table.table_id in (OPPORTUNITIES, GROUPS, table.query_id):
            headed = any(section.query_id == table.query_id and not section.other for section in self._digest.figures)
            return self._w.say("row_by_row", query=title) if headed else title
        return f"{title}, {self._w.metric_label(table.table_id.replace('-', '_'))}"

    def table_view(self, table: TableSection, *, narrow: bool = True) -> TableView:
        """`narrow`: for a screen of 320 pixels, where a second number that does not fit is printed below the name."""
        cells = TableCells(table, self._w, self._digest.slot)
        most = min(self._cut.rows, len(table.rows) if table.limit is None else table.limit)
        rows = cells.with_bars([cells.row(place) for place in range(min(most, len(table.rows)))])
        if table.total is not None and len(table.rows) > 1:
            label = self._w.say("all_rows", len(table.rows))
            rows.append(cells.sums(label, table.total))
        heads = cells.heads
        if narrow and not table.shaded and cells.too_wide([row.cells for row in rows]):
            rows, heads = [_stacked(row, heads) for row in rows], heads[:2]
        return TableView(
            title=self.table_title(table),
            note=self._note(table),
            heads=heads,
            rows=tuple(rows),
            rest=self._rest(table, cells, most),
            before=self._before(table, cells),
            empty=not table.rows,
            shaded=table.shaded,
            change=self._w.say("change"),
            legend=cells.legend,
        )

    def _note(self, table: TableSection) -> str:
        """The table's own note; otherwise its days, unless they are printed above."""
        own = f"note.{table.table_id}"
        several = table.layout is not None and len(table.layout.figures) > 1
        if table.title and several and self._w.knows(own):
            return self._w.say(own)
        if table.window is None or (table.window, table.compared) == self._days_above:
            return ""
        now = self._w.span(table.window)
        if table.compared is None:
            return now
        return self._w.say("against", now=now, before=self._w.span(table.compared))

    @property
    def _days_above(self) -> tuple[Window | None, Window | None]:
        """The window and comparison that are printed in the head or the funnel."""
        for part in (*self._digest.funnels, *((self._digest.measure,) if self._digest.measure else ())):
            return part.window, part.compared
        return None, None

    def _rest(self, table: TableSection, cells: TableCells, most: int) -> str:
        """How many rows are not printed, with their sums, and whether they are attached."""
        hidden = table.rows[most:]
        if not hidden:
            return ""
        attached = table.table_id == OPPORTUNITIES and f"{table.query_id}.csv" in self._csv
        sums = cells.summed(hidden)
        words = f"cut.rows{'_csv' if attached else ''}{'_sum' if sums else ''}"
        more = self._w.more(len(hidden), "rows")
        return self._w.say(words, more=more, sums=sums) if sums else self._w.say(words, more=more)

    def _before(self, table: TableSection, cells: TableCells) -> str:
        """The previous sums: "9–15 Nov: 3 lost, €45,375, 2 of 5"."""
        if table.total_before is None or table.compared is None:
            return ""
        row = cells.sums("", table.total_before)
        told = [row.detail, *(cell.line for cell in row.cells[:1])]
        return self._w.say("span_was", span=self._w.span(table.compared), what=", ".join(part for part in told if part))


def _stacked(row: RowView, heads: tuple[str, ...]) -> RowView:
    more = [f"{head} {cell.line}" for head, cell in zip(heads[2:], row.cells[1:], strict=False)]
    detail = " · ".join(part for part in (row.detail, *more) if part)
    return replace(row, detail=detail, cells=row.cells[:1])
