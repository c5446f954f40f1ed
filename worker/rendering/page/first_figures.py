"""The first figures of a digest that has no list of deals: a website's visitors, say, and how they moved."""

from collections.abc import Iterator
from dataclasses import dataclass

from worker.domain.digest.model import Digest, Figure, FunnelSection, FunnelStage
from worker.domain.snapshot.snapshot import Kind
from worker.rendering.measures import cents_matter
from worker.rendering.wording import NONE, Wording

MOST = 3


@dataclass(frozen=True, slots=True)
class FirstFigure:
    """One figure in words. `change` is "" without a comparison; `up`: None for no change."""

    label: str
    value: str
    change: str
    up: bool | None

    @property
    def line(self) -> str:
        """As in "Visitors 209, −29"."""
        told = f"{self.label} {self.value}"
        return f"{told}, {self.change}" if self.change else told


def first_figures(digest: Digest, w: Wording) -> tuple[FirstFigure, ...]:
    """Of the first section of figures, else the ends of the first funnel."""
    figures = (figure for section in digest.figures[:1] for figure in section.figures if figure.value is not None)
    found = tuple(_of_figure(figure, w) for figure in figures)[:MOST]
    return found or tuple(_of_stages(digest.funnels[:1], w))


def figure_words(figure: Figure, w: Wording) -> tuple[str, str, str]:
    """Now, before and the change between them, all in whole units or all with minor ones."""
    now, before, kind, currency = figure.value, figure.before, figure.kind, figure.currency
    cents = None
    if kind is Kind.MONEY:
        cents = cents_matter([n for n in (now, before) if n is not None], currency)
    return (
        w.measure(now, kind, currency, cents=cents),
        w.measure(before, kind, currency, cents=cents),
        w.difference(now, before, kind, currency, cents=cents),
    )


def _of_stages(funnels: tuple[FunnelSection, ...], w: Wording) -> Iterator[FirstFigure]:
    for funnel in funnels:
        for stage in dict.fromkeys((*funnel.stages[:1], *funnel.stages[-1:])):
            if stage.count is not None:
                yield _of_stage(stage, w)


def _of_stage(stage: FunnelStage, w: Wording) -> FirstFigure:
    figure = Figure(stage.label, Kind.INT, stage.count, stage.before_count)
    return _worded(w.named(stage.label, stage.key), figure, w)


def _of_figure(figure: Figure, w: Wording) -> FirstFigure:
    return _worded(w.metric_label(figure.name), figure, w)


def _worded(label: str, figure: Figure, w: Wording) -> FirstFigure:
    value, _, change = figure_words(figure, w)
    if change == NONE or figure.value is None or figure.before is None:
        return FirstFigure(label, value, "", None)
    if change == "=":
        return FirstFigure(label, value, w.say("subject.unchanged"), None)
    return FirstFigure(label, value, change, figure.value > figure.before)
