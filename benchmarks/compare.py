"""What became worse since the last agreed run: `python -m benchmarks.compare FIGURES`.

`baseline.json` is the document that `python -m benchmarks --json` wrote in that run. Two machines differ in seconds but
hardly in ratios, so only ratios and memory are compared.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.measure import RATIO

BASELINE = Path(__file__).parent / "baseline.json"
ON_ANY_MACHINE = frozenset({RATIO, "MB"})
SPREAD = 0.05
"""Share of the value that counts as the spread of a figure with one sample."""

Document = Mapping[str, Any]
Key = tuple[str, str]


def main(arguments: list[str]) -> int:
    """The exit status: 1 if a figure became worse than its spread, 2 if a file cannot be read, else 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("figures", type=Path, help="what `python -m benchmarks --json` wrote")
    parser.add_argument("--baseline", type=Path, default=BASELINE, help="the agreed run; default: %(default)s")
    given = parser.parse_args(arguments)
    try:
        agreed, fresh = (verdicts(json.loads(one.read_text("utf-8"))) for one in (given.baseline, given.figures))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        parser.error(f"a file of figures cannot be read: {problem}")
    worse = list(became_worse(agreed, fresh))
    for line in (*worse, *not_compared(agreed, fresh)):
        print(line)
    print(f"{len(worse)} of {len(agreed.keys() & fresh.keys())} figures became worse than their spread")
    return 1 if worse else 0


def verdicts(document: Document) -> dict[Key, Document]:
    """(bench, what) → its verdict, for figures that say the same on another machine."""
    return {
        (result["bench"], verdict["what"]): verdict
        for result in document["results"]
        for verdict in result["verdicts"]
        if verdict["unit"] in ON_ANY_MACHINE
    }


def became_worse(agreed: Mapping[Key, Document], fresh: Mapping[Key, Document]) -> Iterator[str]:
    """A line for each figure that lies outside of the spread of the agreed run, on the worse side."""
    for key in sorted(agreed.keys() & fresh.keys()):
        before, now = agreed[key], fresh[key]["value"]
        low, high = spread(before)
        if now < low if before["at_least"] else now > high:
            bench, what = key
            figure = f"{now:.3g} {before['unit']}, was {before['value']:.3g} {before['unit']} ({low:.3g} to {high:.3g})"
            yield f"worse: {bench}: {what}: {figure}"


def not_compared(agreed: Mapping[Key, Document], fresh: Mapping[Key, Document]) -> Iterator[str]:
    """A figure whose name or whose size changed has nothing to be compared with."""
    for bench, what in sorted(fresh.keys() - agreed.keys()):
        yield f"new: {bench}: {what}"
    measured = {bench for bench, _ in fresh}
    for bench, what in sorted(agreed.keys() - fresh.keys()):
        if bench in measured:
            yield f"gone: {bench}: {what}"


def spread(verdict: Document) -> tuple[float, float]:
    """The least and the most of the agreed rounds."""
    samples = verdict["samples"]
    if len(samples) < 2:
        return verdict["value"] * (1 - SPREAD), verdict["value"] * (1 + SPREAD)
    return min(samples), max(samples)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
