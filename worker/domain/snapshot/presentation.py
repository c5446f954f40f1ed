"""How a digest prints one query's answer. The source states it as data, so that the digest knows no service.

Measures and columns go by their names in the answer. What is named nowhere is kept and compared, and not printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KeyRule:
    """The measure that heads a digest without a list of deals. Of several queries the one with the least `order` heads
    it. Its label is the word "metric.<measure>", its words in a subject are "said.<measure>". `movers`: the table (or
    the joined table) and its column whose rows say why the measure moved; without it the steps of the funnel say so.
    `instead`: measures that take its place, one after the other, where it has no value.
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
    """One table. `name`: the column that names a row. `details`: columns below the name. `figures`: at most two.
    `order`: columns, a leading minus for the largest first; () leaves the rows as they are. `rows`: how many are
    printed, `newest` from the end. `title`: the key of a word. `total`: a last row with the sums. `shaded`: the
    figures, up to five shares, are told by the shade of their cells as well.
    `joined`: the name of a table that is made of all tables with this name in the digest, row by row by the rows' keys;
    its title is the word "table.<joined>". `called`: a column's name in the joined table. `covers`: measures that the
    table tells as well, so that they are no figures beside it. `partial`: the service leaves rows out, so that nothing
    is known of one that is absent. `upto`: a column with the least of several values, and the one with the greatest:
    both are printed as a range. `companion`: says nothing alone, and is printed only with another table that is joined.
    `total_of`: a last row whose columns are measures of the answer, of figures that nobody may add up.
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
    companion: bool = False
    total_of: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Presentation:
    """`figures`: measures of the list of other figures; None: all. `tables`: by id, in the order in which they are
    printed; None: all, each as its columns suggest. Of a table that is not named only the number of rows is told, in
    the words "measured.<table>"; so it is beside a funnel with those in `aside`. `neutral`: measures and columns of
    which neither more nor less is good. `stalled`: what the service calls a list of stalled deals, as the beginning of
    keys of words: "<stalled>.newly" is said in place of "newly".
    """

    key: KeyRule | None = None
    facts: tuple[FactRule, ...] = ()
    figures: tuple[str, ...] | None = None
    tables: Mapping[str, TableRule] | None = None
    aside: frozenset[str] = frozenset()
    neutral: frozenset[str] = frozenset()
    stalled: str = ""


EVERYTHING_PRINTED = Presentation()
"""Of a query whose source says nothing: every measure and every table."""
