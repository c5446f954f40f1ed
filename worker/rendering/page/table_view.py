"""A table as it is printed: a name with its details, and at most two numbers, each above its change."""

from dataclasses import dataclass

from worker.rendering.numbers import NONE


@dataclass(frozen=True, slots=True)
class CellView:
    """`under` is printed below the value: its change, or a count. `tone`: the colour of `under`; `mute`: the value is
    zero or not known. `shade`: 0 for none, to 4.
    """

    value: str
    under: str = ""
    tone: str = "m"
    mute: bool = False
    changes: bool = False
    shade: int = 0

    @property
    def line(self) -> str:
        """For a form that has no second lines."""
        if not self.under or self.under == NONE:
            return self.value
        return f"{self.value}, {self.under}" if self.changes else f"{self.value} ({self.under})"


@dataclass(frozen=True, slots=True)
class RowView:
    """`bar`, `before_bar`: lengths in percent of the longest; None for no bar."""

    name: str
    detail: str
    cells: tuple[CellView, ...]
    total: bool = False
    bar: float | None = None
    before_bar: float | None = None


@dataclass(frozen=True, slots=True)
class TableView:
    """`heads`: of the name and of each number; `change`: of the column of changes, if the form has one. `rest`: what is
    not printed; `before`: the previous sums. `legend`: what the bars are; empty if there are none.
    """

    title: str
    note: str
    heads: tuple[str, ...]
    rows: tuple[RowView, ...]
    rest: str = ""
    before: str = ""
    empty: bool = False
    shaded: bool = False
    change: str = ""
    legend: str = ""
