"""The facts below the key figure: money and visits. Each is one line with its change and its details."""

from dataclasses import dataclass

from worker.domain.digest.model import Digest
from worker.domain.digest.sections import KeyFact
from worker.domain.snapshot.snapshot import Kind
from worker.rendering.page.figure_words import FigureWords
from worker.rendering.wording import NONE, Wording


@dataclass(frozen=True, slots=True)
class FactRow:
    label: str
    line: str
    more: str
    missing: bool = False


class FactRows:
    def __init__(self, digest: Digest, w: Wording, figures: FigureWords) -> None:
        self._digest = digest
        self._w = w
        self._figures = figures

    @property
    def facts(self) -> tuple[FactRow, ...]:
        """The lines below the key figure: money and visits."""
        return tuple(self._row(fact) for fact in self._digest.facts)

    @property
    def fact_sentences(self) -> tuple[str, ...]:
        """For the preheader: "Revenue US$264.50, −74%, 6 purchases"."""
        return tuple(self._sentence(fact) for fact in self._digest.facts if not fact.missing)

    @property
    def money(self) -> str:
        """The first amount, for the subject; "" if there is none."""
        amounts = [one.figure for one in self._digest.facts if one.figure.kind is Kind.MONEY]
        return next((self._figures.value(one) for one in amounts if one.value is not None), "")

    def _row(self, fact: KeyFact) -> FactRow:
        label = self._w.say(f"fact.{fact.label}")
        if fact.missing:
            return FactRow(label, self._w.say("unknown"), self._last_known(fact), missing=True)
        share = self._figures.share(fact.figure)
        moved = self._figures.moved(fact.figure)
        told = [self._figures.said(fact.figure) if fact.figure.value is not None else self._none(fact)]
        if moved == "=":
            told.append(self._w.say("subject.unchanged"))
        elif moved != NONE:
            told.append(f"{moved} ({share})" if share else moved)
        more = [self._figures.with_before(one) for one in fact.beside if one.value is not None]
        return FactRow(label, ", ".join(told), "; ".join(more))

    def _none(self, fact: KeyFact) -> str:
        """As in "No sales, before US$1,024.50"."""
        none = self._figures.none(fact.figure)
        if fact.figure.before is None:
            return none
        return self._w.say("said_before", said=none, before=self._figures.before(fact.figure))

    def _last_known(self, fact: KeyFact) -> str:
        amount = self._figures.before(fact.figure)
        if fact.window is None:
            return self._w.say("last_known_undated", amount=amount)
        return self._w.say("last_known_for", amount=amount, span=self._w.span(fact.window))

    def _sentence(self, fact: KeyFact) -> str:
        figure = fact.figure
        if figure.kind is Kind.MONEY and figure.value is not None:
            named = f"{self._w.metric_label(figure.name)} {self._figures.value(figure)}"
            beside = [self._figures.said(one) for one in fact.beside[:1] if one.value is not None]
            return ", ".join(part for part in (named, self._figures.share(figure), *beside) if part)
        moved = self._figures.moved(figure)
        told = [] if moved == NONE else [self._w.say("subject.unchanged") if moved == "=" else moved]
        return ", ".join([self._figures.said(figure), *told])
