"""The bridge with its bars, and the largest single moves."""

from worker.domain.digest.model import BridgeView, DealMove, Digest
from worker.domain.snapshot.opportunity import Move
from worker.rendering.bars import Bar, waterfall
from worker.rendering.page.key_number import SHOWN_CURRENCIES
from worker.rendering.page.rows import BridgeRow, Cut
from worker.rendering.wording import Wording, direction, needs_cents

_GOOD = frozenset({Move.WON})
_BAD = frozenset({Move.LOWERED, Move.LOST})


class MovementRows:
    def __init__(self, digest: Digest, w: Wording, cut: Cut) -> None:
        self._digest = digest
        self._w = w
        self._cut = cut

    @property
    def bridges(self) -> tuple[BridgeView, ...]:
        """The bridges of the currencies that are shown, including those in which nothing moved."""
        return self._digest.bridges[:SHOWN_CURRENCIES]

    @property
    def shown_bridges(self) -> tuple[BridgeView, ...]:
        """The bridges in which something moved."""
        return tuple(view for view in self.bridges if view.lines)

    def bridge_rows(self, view: BridgeView) -> tuple[BridgeRow, ...]:
        """Opening, the classes other than zero in their fixed order, closing: all with minor units or all without."""
        cents = bridge_cents(view)
        bars = waterfall(view.opening, [direction(x.move) * x.amount for x in view.lines])
        rows = [self._total_row("opening", view.opening_count, view.opening, view, bars[0])]
        for line, bar in zip(view.lines, bars[1:-1], strict=True):
            amount = self._w.money(direction(line.move) * line.amount, view.currency, signed=True, cents=cents)
            rows.append(
                BridgeRow(self._w.move_label(line.move), self._w.count(line.count), amount, tone(line.move), bar)
            )
        rows.append(self._total_row("closing", view.closing_count, view.closing, view, bars[-1]))
        return tuple(rows)

    def _total_row(self, label: str, count: int, amount: int, view: BridgeView, bar: Bar) -> BridgeRow:
        money = self._w.money(amount, view.currency, cents=bridge_cents(view))
        return BridgeRow(self._w.say(label), self._w.count(count), money, "", bar, total=True)

    @property
    def moves(self) -> tuple[DealMove, ...]:
        """The largest single moves, if there are more deals than the rows of the bridge can name."""
        return tuple(m for m in self._digest.moves if m.amount is not None)[: self._cut.moves]

    def move_tone(self, move: DealMove) -> str:
        """The colour of a move, as a class of the style sheet: won, out, in or gone."""
        return tone(move.move)

    def move_line(self, move: DealMove) -> str:
        """What happened, and why if it is known: "Moved out, to another owner"."""
        return ", ".join(word for word in (self._w.move_label(move.move), self._w.detail(move.detail)) if word)


def tone(move: Move) -> str:
    """The colour. It repeats what the sign and the word already say."""
    if move in _GOOD:
        return "won"
    if move in _BAD:
        return "out"
    return "in" if direction(move) > 0 else "gone"


def bridge_cents(view: BridgeView) -> bool:
    """Whether the whole bridge is printed with minor units: it must add up as printed."""
    return needs_cents([view.opening, view.closing, *(line.amount for line in view.lines)], view.currency)
