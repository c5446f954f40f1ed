"""Lists of figures: a label, the value and its change."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from worker.domain.digest.model import Digest
from worker.domain.digest.sections import Figure, FigureSection
from worker.rendering.page.figure_words import FigureWords
from worker.rendering.page.query_names import QueryNames
from worker.rendering.page.table_cells import GAP, NAME, SCREEN, room
from worker.rendering.wording import NONE, Wording

MOST_NAMED = 12
"""The number of omitted figures that are listed by name."""

WHOLE_FROM = 1_000
"""From this number of units on, a listed amount has no cents: these figures are not added up, and a phone is narrow."""


@dataclass(frozen=True, slots=True)
class FigureRow:
    label: str
    value: str
    change: str
    tone: str


@dataclass(frozen=True, slots=True)
class FigureList:
    """`compared`: there is a change to print; `stacked`: value and change do not fit side by side. `cut`: the names of
    the figures that are left out; empty if none are.
    """

    title: str
    note: str
    rows: tuple[FigureRow, ...]
    compared: bool
    stacked: bool
    new_period: bool
    cut: str = ""


class FigureLists:
    """`most`: how many figures of a list are printed."""

    def __init__(self, digest: Digest, w: Wording, names: QueryNames, most: int) -> None:
        self._digest = digest
        self._w = w
        self._names = names
        self._most = most
        self._words = FigureWords(w, WHOLE_FROM)

    @property
    def figure_lists(self) -> tuple[FigureList, ...]:
        """One list for each section; a common one for the sections whose figures were chosen by their source."""
        chosen = [section for section in self._digest.figures if section.other]
        own = [section for section in self._digest.figures if not section.other]
        lists = [self._list(self._names.title(one.query_id), self.period(one), [one]) for one in own]
        if chosen:
            lists.append(self._list(self._w.say("other_figures"), "", chosen))
        return tuple(one for one in lists if one.rows)

    def period(self, section: FigureSection) -> str:
        """The days of a section's figures, and the days that they are compared with; "" without a window."""
        if section.window is None:
            return ""
        now = self._w.span(section.window)
        if section.compared is None:
            return now
        words = "new_period_against" if section.new_period else "against"
        return self._w.say(words, now=now, before=self._w.span(section.compared))

    def figure_cells(self, figure: Figure) -> tuple[str, str]:
        """The value and its change."""
        return self._words.value(figure), self._words.change(figure)

    def _list(self, title: str, note: str, sections: Sequence[FigureSection]) -> FigureList:
        names = Counter(figure.name for section in sections for figure in section.figures)
        known = tuple(
            self._row(section, figure, alone=names[figure.name] == 1)
            for section in sections
            for figure in section.figures
            if figure.value is not None or figure.before is not None
        )
        rows, rest = known[: self._most], known[self._most :]
        compared = any(section.before_is for section in sections)
        wide = max((room(row.value) + room(row.change) for row in rows), default=0.0) + 2 * GAP
        lost = any(section.new_period and not section.before_is for section in sections)
        return FigureList(title, note, rows, compared, compared and wide > SCREEN - NAME, lost, self._cut(rest))

    def _cut(self, rest: Sequence[FigureRow]) -> str:
        if not rest:
            return ""
        names = [row.label for row in rest[:MOST_NAMED]]
        beyond = len(rest) - len(names)
        more = [self._w.more(beyond, "measures")] if beyond > 0 else []
        return self._w.say("cut.figures", more=self._w.more(len(rest), "measures"), what=", ".join([*names, *more]))

    def _row(self, section: FigureSection, figure: Figure, *, alone: bool) -> FigureRow:
        label = self._w.metric_label(figure.name)
        if not alone:
            label = self._w.say("figure_of", query=self._names.title(section.query_id), figure=label)
        change = self._words.change(figure) if section.before_is else ""
        tone = self._words.tone(figure, neutral=figure.name in section.neutral)
        return FigureRow(
            label, self._words.value(figure), "" if change == NONE and not section.before_is else change, tone
        )
