"""Held digests, each as a row of a mail or a line of text: in the message that reports them, or in another digest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.domain.cap import HeldDigest
from worker.domain.digest.sections import Figure
from worker.rendering.page.figure_words import FigureWords
from worker.rendering.wording import NONE, Wording

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class HeldRow:
    """`detail`: the key figure and the number of changes; may be empty. `date` and `time`: those of its slot."""

    name: str
    detail: str
    date: str
    time: str


def held_rows(w: Wording, held: Sequence[HeldDigest]) -> tuple[HeldRow, ...]:
    """The digests that are listed; the others are counted."""
    return tuple(
        HeldRow(
            w.clean(one.name, LONGEST_NAME),
            _joined((_figure(w, one), _changes(w, one))),
            w.date(one.slot),
            w.time(one.slot),
        )
        for one in held
    )


def held_lines(w: Wording, held: Sequence[HeldDigest], more: int) -> tuple[str, ...]:
    """As in "Website day, Fri 20 Nov, 20:00, 6.1% conversion, +0.1 pp, 3 changes"; the last line counts the others."""
    rows = [
        _joined((w.clean(one.name, LONGEST_NAME), w.stamp(one.slot), _figure(w, one), _changes(w, one))) for one in held
    ]
    return (*rows, w.more(more)) if rows and more else tuple(rows)


def _figure(w: Wording, one: HeldDigest) -> str:
    if one.figure is None:
        return ""
    return _of_deals(w, one.figure) if one.of_deals else _measure(w, one.figure)


def _of_deals(w: Wording, figure: Figure) -> str:
    """The sum of a list of deals, whose key is a word for it; in whole units, as in the head of a digest."""
    if figure.value is None or figure.currency is None:
        return ""
    amount = w.whole(round(figure.value), figure.currency)
    said = w.say(figure.name if w.knows(figure.name) else "subject.listed", amount=amount)
    if figure.moved is None:
        return said
    moved = w.whole(round(figure.moved), figure.currency, signed=True)
    return _joined((said, moved if figure.moved else w.say("subject.unchanged")))


def _measure(w: Wording, figure: Figure) -> str:
    words = FigureWords(w)
    moved = words.moved(figure)
    change = w.say("subject.unchanged") if moved == "=" else moved
    return _joined((words.said(figure), "" if moved == NONE else change))


def _changes(w: Wording, one: HeldDigest) -> str:
    if one.alerts:
        return w.say("held.alerts", one.alerts)
    return w.say("held.changes", one.changes) if one.changes else ""


def _joined(words: Iterable[str]) -> str:
    return ", ".join(word for word in words if word)
