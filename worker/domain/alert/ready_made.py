"""Ready-made rules, each as the form and the condition that it stands for."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from worker.domain.alert.rule import Form


class ReadyMade(StrEnum):
    THRESHOLD = "threshold"  # a value lies above or below a limit
    CHANGE = "change"  # a value rose or fell by an amount or a share
    NEWLY_STALLED = "newly_stalled"  # a deal began to stall
    NO_DATA = "no_data"  # a query was not answered for a while


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    BOTH = "both"


class Against(StrEnum):
    """What a change is measured from."""

    BASELINE = "baseline"  # the answer before
    COMPARISON = "comparison"  # the answer for the window of `compare`


NEVER = "now.rows < 0"
"""The condition of a rule that only reports missing data."""

_NOW = {Form.ROWS: "row", Form.CHANGES: "row", Form.GROUPS: "group", Form.QUERY: "now"}
_WAS = {Form.ROWS: "was", Form.CHANGES: "was", Form.GROUPS: "was_group", Form.QUERY: "was"}


@dataclass(frozen=True, slots=True)
class Measured:
    """What a ready-made rule looks at. `of`: a column, count, rows, value, or a measure's dotted key. `currency` is
    needed for the values of a group or a query, and chooses the rows that count for those of a row.
    """

    form: Form
    of: str
    currency: str = ""

    @property
    def of_rows(self) -> bool:
        return self.form in (Form.ROWS, Form.CHANGES)

    def text(self, variable: str) -> str:
        if not self.of_rows and self.of == "value":
            return f'{variable}.value["{self.currency}"]'
        if self.form is Form.QUERY and self.of != "rows":
            return f'{variable}["{self.of}"]'
        return f"{variable}.{self.of}"

    def guarded(self, condition: str) -> str:
        """Only for rows in the currency."""
        return f'row.currency == "{self.currency}" && {condition}' if self.of_rows and self.currency else condition


def threshold(measured: Measured, above: Decimal | None, below: Decimal | None) -> str:
    value = measured.text(_NOW[measured.form])
    parts = [f"{value} > {above:f}" for _ in range(above is not None)]
    parts += [f"{value} < {below:f}" for _ in range(below is not None)]
    joined = " || ".join(parts)
    return measured.guarded(f"({joined})" if len(parts) > 1 else joined)


def change(measured: Measured, by: Decimal, share: bool, direction: Direction, against: Against) -> str:
    """`share`: `by` is a share of the previous value. An equal value is never a change."""
    now = measured.text(_NOW[measured.form])
    was = measured.text("compared" if against is Against.COMPARISON else _WAS[measured.form])
    limit = f"{was} * {by:f}" if share else f"{by:f}"
    up, down = f"{now} > {was} && {now} - {was} >= {limit}", f"{now} < {was} && {was} - {now} >= {limit}"
    both = f"(({up}) || ({down}))"
    return measured.guarded({Direction.UP: up, Direction.DOWN: down, Direction.BOTH: both}[direction])


def newly_stalled(above: Decimal | None, currency: str, *, only_stalled: bool) -> str:
    """`only_stalled`: the list holds no other deals, so that a row that joined it began to stall."""
    parts = [f'row.currency == "{currency}"'] if currency else []
    parts += [f"row.value > {above:f}"] if above is not None else []
    began = "row.stalled" if only_stalled else "row.stalled && !was.stalled"
    return " && ".join([began, *parts])
