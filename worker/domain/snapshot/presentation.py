"""How a digest prints one query's answer. The source states it as data, so that the digest knows no service.

Measures and columns go by their names in the answer. A measure or column that is named nowhere is stored and compared,
but not printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KeyRule:
    """The measure that heads a digest without a list of deals. Of several queries the one with the least `order` heads
    it. Its label is the word "metric.<measure>", its words in a subject are "said.<measure>", and where it has no value
    "none.<measure>" says why. `movers`: the table (or the joined table) and its column whose rows say why the measure
    moved; without it the steps of the funnel say so. `instead`: measures that take its place, one after the other,
    where it has no value.
    """

    measure: str
    order: int
    movers: tuple[str, str] | None = None
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FactRule:
    """One line below the key figure: a measure, and further ones below it. `label` is the key of a word."""

    label: str
    measure: str
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureColumn:
    """A column with a number. Below the number stands its change, or the column `under`: as a part of the column `of`
    ("2 of 3") where that is given, else in the words "said.<under>" ("7 deals").
    """

    column: str
    under: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class TableRule:
    """How one table is printed.

    `name`: the column that names a row. `details`: the columns that are printed below the name.
    `figures`: the columns with numbers, two at most.
    `order`: the columns by which rows are sorted; a leading minus puts the largest first. () keeps the order of the
    rows.
    `rows`: how many rows are printed. `newest`: they are the last ones.
    `title`: the key of a word. `total`: a last row has the sums.
    `shaded`: the cells of the figures, which are up to five shares, are also shaded by their value.
    `joined`: tables with the same `joined` in one digest become one table, and rows with the same key become one row.
    The title is the word "table.<joined>". `called`: the names of columns in that table.
    `covers`: measures that the table also shows. They are then left out of the list of figures.
    `partial`: the service leaves rows out, so that a missing row says nothing.
    `upto`: a column with the least of several values, and the column with the greatest. Both are printed as one range.
    `bars`: a column of counts. Each row also has a bar of it, and a thin one of the count before.
    `companion`: the table is printed only if another table is joined with it.
    `total_of`: the measures of the last row, by column, for figures that may not be added.
    """

    name: str
    figures: tuple[FigureColumn, ...]
    details: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    rows: int = 5
    title: str = ""
    total: bool = False
    newest: bool = False
    shaded: bool = False
    joined: str = ""
    called: Mapping[str, str] = field(default_factory=dict)
    covers: frozenset[str] = frozenset()
    partial: bool = False
    upto: Mapping[str, str] = field(default_factory=dict)
    bars: str = ""
    companion: bool = False
    total_of: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Presentation:
    """How the answer of a query is printed.

    `figures`: the measures that the list of other figures has; None for all of them, in a list of their own.
    `leading`: of all of them those that stand first, in this order. A message prints the first six.
    `tables`: the tables that are printed, by id and in this order. None prints all of them, each as its columns
    suggest. For a table that is not named, only the number of its rows is printed, with the words "measured.<table>".
    `aside`: tables for which only that number is printed if the digest also has a funnel.
    `neutral`: measures and columns for which neither more nor less is good.
    `stalled`: how the service calls a list of stalled deals. Keys of words begin with it: "<stalled>.newly" replaces
    "newly".
    """

    key: KeyRule | None = None
    facts: tuple[FactRule, ...] = ()
    figures: tuple[str, ...] | None = None
    leading: tuple[str, ...] = ()
    tables: Mapping[str, TableRule] | None = None
    aside: frozenset[str] = frozenset()
    neutral: frozenset[str] = frozenset()
    stalled: str = ""


EVERYTHING_PRINTED = Presentation()
"""Of a query whose source says nothing: every measure and every table."""
