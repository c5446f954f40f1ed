"""Why the key number changed: the largest moves of the first currency in which anything moved."""

from worker.domain.digest.model import BridgeLine, BridgeView, Digest
from worker.domain.snapshot.opportunity import Move
from worker.rendering.page.key_number import KeyNumber
from worker.rendering.page.measure import KeyMeasureWords
from worker.rendering.wording import Wording, direction

LINE = 26
"""Characters that fit beside a fact's label on the narrowest phone: a longer text must be breakable."""


class WhyItMoved:
    def __init__(self, digest: Digest, w: Wording, number: KeyNumber, measure: KeyMeasureWords) -> None:
        self._digest = digest
        self._w = w
        self._number = number
        self._measure = measure

    @property
    def why(self) -> tuple[str, str] | None:
        """The largest move in the direction of the net change, and the next two by size; None without a bridge."""
        if self._digest.measure is not None:
            return self._measure.measure_why or (self._nothing() if self._number.unchanged else None)
        view = self._first_moved
        if self._number.unknown or self._number.first or view is None:
            return self._nothing() if self._number.unchanged else None
        lines = sorted(view.lines, key=lambda line: -line.amount)
        net = view.closing - view.opening
        lead = next((x for x in lines if net * direction(x.move) > 0), lines[0])
        others = [x for x in lines if x is not lead][:2]
        what = self._w.move_counted(lead.move, lead.count)
        first = self._w.say("amount_of", what=what, amount=self._line_amount(lead))
        return first, ", ".join(self._counted(x) for x in others)

    def _nothing(self) -> tuple[str, str] | None:
        """Only for a digest in which nothing changed; a report without a list of deals does not mention deals."""
        if self._digest.changes:
            return None
        if self._digest.key_query is None:
            return self._w.say("same_figures"), ""
        return self._w.say("nothing_moved"), self._w.say("nothing_moved_more")

    @property
    def _first_moved(self) -> BridgeView | None:
        """The bridge that Why is about: the first currency in which anything moved."""
        return next((view for view in self._digest.bridges if view.lines), None)

    @property
    def brief_moves(self) -> str:
        """For the preheader: the three largest moves."""
        lines = sorted(self._first_moved.lines, key=lambda line: -line.amount)[:3] if self._first_moved else []
        return ", ".join(self._counted(line, brief=True) for line in lines)

    def _counted(self, line: BridgeLine, *, brief: bool = False) -> str:
        if brief and line.move is Move.NEW:
            what = self._w.say("brief.new", line.count)
        else:
            what = self._w.move_counted(line.move, line.count)
        bound = self._w.say("move_amount", what=what, amount=self._line_amount(line))
        return bound if len(bound) <= LINE else f"{what} {self._line_amount(line)}"

    def _line_amount(self, line: BridgeLine) -> str:
        """In whole units as in the headline; the bridge below has the minor units."""
        currency = self._first_moved.currency if self._first_moved else ""
        return self._w.whole(direction(line.move) * line.amount, currency, signed=True)
