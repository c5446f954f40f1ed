"""A row as messages and lists show it."""

from collections.abc import Collection
from dataclasses import dataclass

from worker.domain.alert.deciding import NUMBERS, Deciding
from worker.domain.alert.subject import Amount, SubjectFacts
from worker.domain.digest.deals import title
from worker.domain.snapshot.record import Record
from worker.domain.snapshot.snapshot import Column, Kind

SHOWN = ("next_step", "stall_reason", "expected_close", "stage_since", "stalled_since", "updated_at")
MATCHED = ("pipeline_id", "stage_id", "currency")

_AMOUNT = "annual"


@dataclass(frozen=True, slots=True)
class RowFacts:
    """Reads the facts of rows of one table. `amount`: the column of the number that an alert is about, and `kind` what
    it holds, None if it holds no number. `cells`: further columns.
    """

    amount: str
    kind: Kind | None
    cells: tuple[str, ...]

    def __call__(self, row: Record) -> SubjectFacts:
        found = row.cells
        return SubjectFacts(
            key=row.key,
            name=title(row),
            amount=self._amount(row),
            owner_id=row.text("owner_id") or "",
            owner=row.text("owner") or row.text("owner_id") or "",
            stage=row.text("stage") or "",
            url=row.text("url") or "",
            cells={name: cell for name in self.cells if (cell := found.get(name)) is not None},
        )

    def _amount(self, row: Record) -> Amount | None:
        if self.kind is None:
            return None
        return Amount(self.kind, row.number(self.amount), row.text("currency") if self.kind is Kind.MONEY else None)


def row_facts(columns: Collection[Column], decides: Deciding | None, kept: Collection[str] = ()) -> RowFacts:
    """`decides`: the operand of the rule that is a number of the row. Without one, the row's amount is its value a
    year. `kept`: columns that inhibitions compare.
    """
    name = decides.column if decides is not None else _AMOUNT
    kind = next((column.kind for column in columns if column.name == name and column.kind in NUMBERS), None)
    return RowFacts(name, kind, (*SHOWN, *MATCHED, *kept))
