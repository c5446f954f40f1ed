"""The main figure of a digest without a list of deals: its value, its change, and the reasons for the change."""

from functools import cached_property

from worker.domain.digest.model import Digest
from worker.domain.digest.sections import KeyMeasure, Mover
from worker.domain.snapshot.snapshot import Kind
from worker.rendering.page.figure_words import FigureWords
from worker.rendering.page.funnels import FEW
from worker.rendering.page.query_names import QueryNames
from worker.rendering.wording import JOIN, MINUS, NONE, Wording

STEP_MATTERS = 0.05
"""The smallest change of a funnel step that is named while the key figure does not change."""

OTHERS = 2
ALSO = 3


class KeyMeasureWords:
    def __init__(self, digest: Digest, w: Wording, figures: FigureWords, names: QueryNames) -> None:
        self._digest = digest
        self._w = w
        self._figures = figures
        self._names = names

    @property
    def measure(self) -> KeyMeasure | None:
        """The main figure of a digest without a list of deals; None if a list of deals is the main part."""
        return self._digest.measure

    @cached_property
    def _few(self) -> bool:
        """Whether the first step has so few people that shares would mislead."""
        key = self.measure
        return key is not None and key.part is not None and (key.whole or 0) < FEW

    @property
    def measure_label(self) -> str:
        """As in "Conversion, /pricing to purchase"; as "Totals: Deals" where "Deals" alone could be any deals."""
        key = self.measure
        if key is None:
            return ""
        label = self._w.metric_label(key.figure.name)
        if key.bare:
            return self._w.say("figure_of", query=self._names.title(key.query_id), figure=label)
        if not key.first:
            return label
        return self._w.say("key.of", what=label, first=self._step(key.first), last=self._step(key.last))

    @property
    def measure_value(self) -> str:
        """The figure as printed; if there is none, `measure_none` has the reason."""
        key = self.measure
        if key is None or self.measure_none:
            return self.measure_none
        return self._of(key.part, key.whole) if self._few else self._figures.value(key.figure)

    @property
    def measure_none(self) -> str:
        """Why the query, which answered, has no such figure: "Nobody at /pricing", "No visits"; "" if it has one."""
        key = self.measure
        if key is None or key.missing or key.figure.value is not None:
            return ""
        if key.first and key.whole == 0:
            return self._w.say("nobody_at", step=self._step(key.first))
        return self._figures.none(key.figure)

    @property
    def measure_movement(self) -> str:
        """As in "−3.2 pp" or "−29 (−12%)"; "Unchanged"; "" if there is nothing to compare with."""
        moved = self._moved
        if moved in ("", NONE):
            return ""
        if moved == "=":
            return self._w.say("unchanged")
        key = self.measure
        share = "" if key is None or self._few else self._figures.share(key.figure)
        return f"{moved} ({share})" if share else moved

    @property
    def measure_before(self) -> str:
        """What it is compared with: "9.2% in 9–15 Nov", "against 9–15 Nov", "since Mon 9 Nov"."""
        key = self.measure
        if key is not None and self.measure_none:
            return self._only_before(key)
        if key is None or not self._moved or self._moved == NONE:
            return ""
        if key.compared is None:
            since = self._digest.since
            return "" if since is None else self._w.say("since", date=self._w.date(since))
        span = self._w.span(key.compared)
        if key.figure.kind is Kind.RATIO and self._moved != "=":
            return self._w.say("key.before", before=self._before(key), span=span)
        return self._w.say("key.against", span=span)

    def _before(self, key: KeyMeasure) -> str:
        return self._of(key.before_part, key.before_whole) if self._few else self._figures.before(key.figure)

    def _only_before(self, key: KeyMeasure) -> str:
        """The text for a figure that has no value now; "" if it had none before either."""
        if key.figure.before is None:
            return ""
        before = self._figures.before(key.figure)
        if key.compared is None:
            return self._w.say("was", before=before)
        return self._w.say("key.before", before=before, span=self._w.span(key.compared))

    @property
    def measure_period(self) -> str:
        """The days of the figure, and the days that it is compared with."""
        key = self.measure
        if key is None or key.window is None or key.compared is None or key.missing:
            return ""
        return self._w.say("against", now=self._w.span(key.window), before=self._w.span(key.compared))

    @property
    def measure_moved(self) -> bool:
        """Whether its change is printed."""
        return self._moved not in ("", "=", NONE)

    @property
    def measure_up(self) -> bool | None:
        """Whether it rose; None if it did not change as printed."""
        key = self.measure
        if key is None or self._moved in ("", "=", NONE) or not key.figure.moved:
            return None
        return key.figure.moved > 0

    @property
    def measure_tone(self) -> str:
        """The colour of its change, as `tone`."""
        key, up = self.measure, self.measure_up
        if key is None or up is None or key.neutral:
            return ""
        return "in" if up else "out"

    @property
    def measure_known(self) -> str:
        """The last known value of a figure whose query is a gap."""
        key = self.measure
        if key is None or not key.missing or key.figure.before is None:
            return ""
        amount = self._figures.before(key.figure)
        if key.window is None:
            return self._w.say("last_known_undated", amount=amount)
        return self._w.say("last_known_for", amount=amount, span=self._w.span(key.window))

    @property
    def measure_said(self) -> str:
        """For a subject: "6.0% conversion, −3.2 pp"."""
        key = self.measure
        if key is None:
            return ""
        if self.measure_none and key.first:
            return self.measure_none
        label = self._w.metric_label(key.figure.name)
        said = f"{label} {self.measure_value}" if self._few else self._figures.said(key.figure)
        if self._moved in ("", NONE):
            return said
        moved = self._w.say("subject.unchanged") if self._moved == "=" else self._moved
        return f"{said}, {moved}"

    @property
    def measure_why(self) -> tuple[str, str] | None:
        """The largest change in the direction of the figure, and below it the next two."""
        key = self.measure
        if key is None or key.missing or not key.movers or self._moved in ("", NONE):
            return None
        first, others = key.movers[0], key.movers[1 : 1 + OTHERS]
        if not first.to:
            told = [f"{self._name(one)} {self._figures.moved(one.figure)}" for one in others]
            return self._w.say("amount_of", what=self._name(first), amount=self._row_moved(first)), ", ".join(told)
        if self._moved == "=" and abs(first.figure.moved or 0) < STEP_MATTERS:
            return self._w.say("why.still"), self._w.say("why.largest", what=self._step_line(first))
        rest = [self._step_line(one) for one in others]
        return self._step_line(first, people=True), " ".join([self._went_on(first), *[", ".join(rest)] * bool(rest)])

    @property
    def measure_lost_most(self) -> str:
        """For the preheader: "signup to purchase lost most: −11 pp, −3 people"."""
        key = self.measure
        if key is None or key.missing or not key.movers or self._moved in ("", "=", NONE):
            return ""
        first = key.movers[0]
        lost = (first.figure.moved or 0) < 0
        if not first.to:
            return self._w.say("amount_of", what=self._name(first), amount=self._row_moved(first))
        moved = self._step_moved(first, people=True)
        return self._w.say("pre.lost_most" if lost else "pre.gained_most", what=self._steps(first), moved=moved)

    @property
    def measure_also(self) -> tuple[str, ...]:
        """For the preheader of a digest without facts: the next figures, otherwise the days."""
        figures = [one for section in self._digest.figures for one in section.figures if one.value is not None]
        found = [f"{self._w.metric_label(one.name)} {self._figures.value(one)}" for one in figures[:ALSO]]
        moved = [self._figures.moved(one) for one in figures[:ALSO]]
        said = [one if change in ("=", NONE) else f"{one}, {change}" for one, change in zip(found, moved, strict=True)]
        before = self.measure_before
        return tuple(said) or ((f"{self.measure_label}, {before}",) if before else ())

    @cached_property
    def _moved(self) -> str:
        """Signed, "=" for no change; "" without a comparison."""
        key = self.measure
        if key is None or key.missing or self.measure_none:
            return ""
        if not self._few:
            return self._figures.moved(key.figure)
        if key.part is None or key.before_part is None:
            return ""
        return self._people(key.part - key.before_part)

    def _people(self, n: int) -> str:
        if n == 0:
            return "="
        return ("+" if n > 0 else MINUS) + JOIN + self._w.say("people", abs(n))

    def _of(self, part: int | None, whole: int | None) -> str:
        if part is None or whole is None:
            return NONE
        return self._w.say("of", part=self._w.count(part), whole=self._w.count(whole))

    def _step(self, name: str) -> str:
        return self._w.clean(name, 28)

    def _steps(self, one: Mover) -> str:
        return self._w.say("why.step", first=self._step(one.name), last=self._step(one.to))

    def _step_line(self, one: Mover, *, people: bool = False) -> str:
        moved = self._step_moved(one, people=people)
        return self._w.say("amount_of" if people else "move_amount", what=self._steps(one), amount=moved)

    def _step_moved(self, one: Mover, *, people: bool) -> str:
        if self._few:
            return self._of(one.went_on, one.entered)
        points = self._w.say("points", points=self._w.points(one.figure.moved))
        return f"{points}, {self._people(one.people)}" if people and one.people else points

    def _went_on(self, one: Mover) -> str:
        """As in "6 of 30 went on, 9 at the rate before."."""
        if self._few:
            return self._w.say("why.before", before=self._of(one.before_went_on, one.before_entered))
        if one.went_on is None or one.entered is None or one.expected is None:
            return ""
        counts = self._of(one.went_on, one.entered)
        return self._w.say("why.went_on", counts=counts, expected=self._w.count(one.expected))

    def _name(self, one: Mover) -> str:
        known = f"name.{one.name}"
        return self._w.say(known) if self._w.knows(known) else self._w.named(one.name, self._w.say("not_known"))

    def _row_moved(self, one: Mover) -> str:
        figure = one.figure
        if figure.kind is Kind.INT and self._w.knows(f"said.{figure.name}") and figure.moved:
            sign = "+" if figure.moved > 0 else MINUS
            return sign + JOIN + self._w.say(f"said.{figure.name}", round(abs(figure.moved)))
        return self._figures.moved(figure)
