"""Samples, medians and verdicts of benchmarks, and the order in which contenders alternate."""

import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

RATIO = "×"
"""The unit of a figure that is a multiple of another one. It says the same on another machine."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The result of one contender in one case: one sample per round."""

    case: str
    who: str
    unit: str
    samples: tuple[float, ...]
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.samples)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A figure with an aim. `at_least`: more is better; otherwise `aim` is the maximum. `samples`: the figure of each
    round, whose range is the spread.
    """

    what: str
    value: float
    unit: str
    aim: float
    at_least: bool
    samples: tuple[float, ...] = ()

    @property
    def met(self) -> bool:
        return self.value >= self.aim if self.at_least else self.value <= self.aim


def compared(what: str, ours: Figure, peer: Figure, aim: float, *, at_least: bool) -> Verdict:
    """`ours` as a multiple of `peer`: the ratio of the medians, and the ratio of each round."""
    rounds = tuple(own / other for own, other in zip(ours.samples, peer.samples, strict=True))
    return Verdict(what, ours.median / peer.median, RATIO, aim, at_least, rounds)


@dataclass(frozen=True, slots=True)
class Result:
    bench: str
    figures: tuple[Figure, ...]
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """For --json: all measurements, with medians and verdicts."""
        return {
            "bench": self.bench,
            "figures": [asdict(figure) | {"median": figure.median} for figure in self.figures],
            "verdicts": [asdict(verdict) | {"met": verdict.met} for verdict in self.verdicts],
            "notes": list(self.notes),
        }


Progress = Callable[[str], None]


def on_terminal(text: str) -> None:
    """Shows progress in one line that the next one replaces, only on a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text[:110]}")
        sys.stderr.flush()


def in_turns(
    contenders: Mapping[str, Callable[[], float]], rounds: int, progress: Progress, case: str
) -> dict[str, tuple[float, ...]]:
    """Alternates A B C, A B C, …, so that a slow phase of the machine affects all of them. Each contender returns its
    own sample, so that its set-up is not included.
    """
    samples: dict[str, list[float]] = {who: [] for who in contenders}
    for number in range(rounds):
        for who, measure in contenders.items():
            progress(f"{case}: {who}, round {number + 1} of {rounds}")
            samples[who].append(measure())
    return {who: tuple(taken) for who, taken in samples.items()}


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed. Raises IndexError without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def printed(result: Result) -> str:
    """The result as text."""
    lines = [result.bench]
    for figure in result.figures:
        spread = f"[{number(min(figure.samples))} to {number(max(figure.samples))}]" if len(figure.samples) > 1 else ""
        note = f"  ({figure.note})" if figure.note else ""
        lines.append(f"  {figure.case:<24} {figure.who:<34} {number(figure.median):>9} {figure.unit} {spread}{note}")
    for verdict in result.verdicts:
        word = "at least" if verdict.at_least else "at most"
        outcome = "met" if verdict.met else "NOT MET"
        aim = f"aim {word} {number(verdict.aim)} {verdict.unit}"
        lines.append(f"  ratio: {verdict.what}: {number(verdict.value)} {verdict.unit}, {aim}: {outcome}")
    lines.extend(f"  note: {note}" for note in result.notes)
    return "\n".join(lines)


def number(value: float) -> str:
    """With three digits that count."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
