"""Tables that are neither list, funnel nor figures: which of them, their titles and columns."""

from worker.domain.digest.model import Digest, TableSection
from worker.domain.snapshot.opportunity import TABLE as OPPORTUNITIES
from worker.domain.snapshot.snapshot import Column
from worker.rendering.page.rows import Cut
from worker.rendering.wording import Wording

GROUPS = "groups"


class OtherTables:
    def __init__(self, digest: Digest, w: Wording, cut: Cut) -> None:
        self._digest = digest
        self._w = w
        self._cut = cut

    @property
    def tables(self) -> tuple[TableSection, ...]:
        return self._digest.tables[: self._cut.tables]

    @property
    def tables_cut(self) -> str:
        rest = self._digest.tables[self._cut.tables :]
        return self._w.say("cut.tables", what=", ".join(self._w.clean(t.query_id) for t in rest)) if rest else ""

    def query_title(self, query_id: str) -> str:
        """A query's own name in the schedule, as a title: "lost-reasons" → "Lost reasons"."""
        words = self._w.clean(query_id).replace("_", " ").replace("-", " ")
        return words[:1].upper() + words[1:]

    def table_title(self, table: TableSection) -> str:
        """The query's name, and the table's own where it is one of several or not the query's main one."""
        title = self.query_title(table.query_id)
        if table.table_id in (OPPORTUNITIES, GROUPS, table.query_id):
            return title
        return f"{title}, {self._w.clean(table.table_id).replace('_', ' ').replace('-', ' ')}"

    def printed(self, table: TableSection, most: int) -> list[tuple[int, Column]]:
        """The columns that are worth a reader's width, with their places in a row: no id beside its name, and no
        currency, which every amount brings along.
        """
        names = {column.name for column in table.columns}
        told = [
            (place, column)
            for place, column in enumerate(table.columns)
            if column.name != "currency" and column.name.removesuffix("_id") not in names - {column.name}
        ]
        return told[:most]
