"""A run's bridge as bars."""

from dataclasses import dataclass

from worker.domain.diff.bridge import Bridge, Terms
from worker.domain.snapshot.opportunity import INWARD, Move
from worker.rendering.bars import waterfall
from worker.rendering.numbers import needs_cents
from worker.web.console.page import Visit

_KINDS = {Move.WON: "won", Move.MOVED_OUT: "gone", Move.REMOVED: "gone", Move.UNEXPLAINED: "gone"}


@dataclass(frozen=True, slots=True)
class BridgeBar:
    """`kind`: the colour (total, in, out, won, gone). `left` and `width`: in percent."""

    label: str
    count: str
    amount: str
    kind: str
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class ShownBridge:
    currency: str
    rows: tuple[BridgeBar, ...]


def kind_of(move: Move) -> str:
    return _KINDS.get(move, "in" if move in INWARD else "out")


def shown_bridges(visit: Visit, found: Bridge | None) -> tuple[ShownBridge, ...]:
    """One for each currency; rows without a deal are left out."""
    terms = found.terms if found is not None else ()
    return tuple(ShownBridge(visit.w.currency(one.currency), _rows(visit, one)) for one in terms)


def _rows(visit: Visit, of: Terms) -> tuple[BridgeBar, ...]:
    w = visit.w
    moves = [move for move in Move if of.counts[move] or of.amounts[move]]
    steps = [of.amounts[move] if move in INWARD else -of.amounts[move] for move in moves]
    cents = needs_cents([of.opening, of.closing, *steps], of.currency)
    bars = waterfall(of.opening, steps)
    labels = [w.say("opening"), *(w.move_label(move) for move in moves), w.say("closing")]
    counts = [of.opening_count, *(of.counts[move] for move in moves), of.closing_count]
    kinds = ["total", *map(kind_of, moves), "total"]
    amounts = [of.opening, *steps, of.closing]
    return tuple(
        BridgeBar(label, w.count(n), w.money(amount, of.currency, kind != "total", cents), kind, bar.left, bar.width)
        for label, n, amount, kind, bar in zip(labels, counts, amounts, kinds, bars, strict=True)
    )
