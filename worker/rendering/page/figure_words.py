"""One figure in words: its value, its change, and its name in a sentence."""

from worker.domain.digest.sections import Figure
from worker.domain.money import exponent
from worker.domain.snapshot.snapshot import Kind
from worker.rendering.measures import cents_matter
from worker.rendering.phrases import capital
from worker.rendering.wording import NONE, Wording


class FigureWords:
    """`whole_from`: from this number of units on, money is printed in whole units; None: with minor units if it has
    any.
    """

    def __init__(self, w: Wording, whole_from: int | None = None) -> None:
        self._w = w
        self._whole_from = whole_from

    def value(self, figure: Figure) -> str:
        return self._w.measure(figure.value, figure.kind, figure.currency, cents=self._cents(figure))

    def before(self, figure: Figure) -> str:
        return self._w.measure(figure.before, figure.kind, figure.currency, cents=self._cents(figure))

    def moved(self, figure: Figure) -> str:
        """Signed; "=" for no change; a dash if the change is not known."""
        return self._w.difference(figure.value, figure.before, figure.kind, figure.currency, cents=self._cents(figure))

    def share(self, figure: Figure) -> str:
        """The change as a share of the value before; "" for shares, for no change, and if there was no value before."""
        if figure.kind is Kind.RATIO or not figure.moved or not figure.before:
            return ""
        return self._w.percent(figure.moved / abs(figure.before), 0, signed=True)

    def none(self, figure: Figure) -> str:
        """The text for a figure that has no value: "No visits"."""
        return capital(self._none(figure))

    def _none(self, figure: Figure) -> str:
        key = f"none.{figure.name}"
        return self._w.say(key if self._w.knows(key) else "no_figure")

    def said(self, figure: Figure) -> str:
        """As in "209 visitors" or "6.0% conversion"; "Label value" for a measure without such words; "Conversion: no
        visits" for a measure without a value.
        """
        if figure.value is None:
            return self._w.say("said_none", what=self._w.metric_label(figure.name), none=self._none(figure))
        key = f"said.{figure.name}"
        if not self._w.knows(key):
            return f"{self._w.metric_label(figure.name)} {self.value(figure)}"
        if figure.kind is Kind.INT:
            return self._w.say(key, round(figure.value))
        return self._w.say(key, value=self.value(figure))

    def with_before(self, figure: Figure) -> str:
        """As in "6 purchases, before 11"."""
        if figure.value is None or figure.before is None:
            return self.said(figure)
        if self.moved(figure) == "=":
            return f"{self.said(figure)}, {self._w.say('subject.unchanged')}"
        return self._w.say("said_before", said=self.said(figure), before=self.before(figure))

    def change(self, figure: Figure) -> str:
        """For a column: the change, or the value before if there is no change, as in "28 d before"."""
        moved = self.moved(figure)
        if moved != NONE or figure.before is None:
            return moved
        return self._w.say("was", before=self.before(figure))

    def tone(self, figure: Figure, *, neutral: bool = False) -> str:
        if not figure.moved or self.moved(figure) in ("=", NONE) or neutral:
            return "m"
        return "in" if figure.moved > 0 else "out"

    def _cents(self, figure: Figure) -> bool | None:
        """Whether the value, the value before and the change are printed with minor units: all of them or none."""
        if figure.kind is not Kind.MONEY:
            return None
        amounts = [n for n in (figure.value, figure.before) if n]
        unit = 10 ** exponent(figure.currency or "")
        if self._whole_from is not None and amounts and min(map(abs, amounts)) >= self._whole_from * unit:
            return False
        return cents_matter(amounts, figure.currency)
