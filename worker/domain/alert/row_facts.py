"""A row as messages and lists show it."""

from collections.abc import Collection

from worker.domain.alert.deciding import NUMBERS, Deciding
from worker.domain.alert.subject import Amount, SubjectFacts
from worker.domain.digest.deals import title
from worker.domain.snapshot.record import Record
from worker.domain.snapshot.snapshot import Column, Kind

SHOWN = ("next_step", "stall_reason", "expected_close", "stage_since", "stalled_since", "updated_at")
MATCHED = ("pipeline_id", "stage_id", "currency")

_AMOUNT = "annual"


def row_facts(
    row: Record, columns: Collection[Column], decides: Deciding | None, kept: Collection[str] = ()
) -> SubjectFacts:
    """`decides`: the operand of the rule that is a number of the row. Without one, the row's amount is its value a
    year. `kept`: further columns.
    """
    return SubjectFacts(
        key=row.key,
        name=title(row),
        amount=_amount(row, columns, decides.column if decides is not None else _AMOUNT),
        owner_id=row.text("owner_id") or "",
        owner=row.text("owner") or row.text("owner_id") or "",
        stage=row.text("stage") or "",
        url=row.text("url") or "",
        cells={name: row.cells[name] for name in (*SHOWN, *MATCHED, *kept) if row.cells.get(name) is not None},
    )


def _amount(row: Record, columns: Collection[Column], name: str) -> Amount | None:
    kind = next((column.kind for column in columns if column.name == name), None)
    if kind is None or kind not in NUMBERS:
        return None
    return Amount(kind, row.number(name), row.text("currency") if kind is Kind.MONEY else None)
