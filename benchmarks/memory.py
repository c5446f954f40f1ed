"""What a worker's child needs for runs of one very long list: fetch, keep, compare, bridge, render, send.

The process has made one run of a short list before. The first run has no past but that one; the later ones compare.
"Kept" is what the process holds after the last run more than before the first one.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from benchmarks.ground import child, redis_ground
from benchmarks.measure import RATIO, Figure, Progress, Result, Verdict

UNIT = "MB"
RATIO_AIM, CHILD_AIM = 1.5, 250.0


@dataclass(frozen=True, slots=True)
class Sizes:
    rows: int
    runs: int
    rounds: int


FULL = Sizes(100_000, 3, 1)
QUICK = Sizes(10_000, 3, 1)
TINY = Sizes(120, 2, 1)


def run(sizes: Sizes, progress: Progress) -> Result:
    before: list[float] = []
    after: list[float] = []
    highest: list[float] = []
    for number in range(sizes.rounds):
        progress(f"memory: {sizes.runs} runs of {sizes.rows:,} rows, round {number + 1} of {sizes.rounds}")
        base, runs = _round(sizes)
        assert all(one["state"] == "delivered" for one in runs), f"not every run was delivered: {runs}"
        before.append(base)
        after.append(runs[-1]["after"])
        highest.append(max(one["highest"] for one in runs))
    case = f"{sizes.rows:,} rows, {sizes.runs} runs"
    ratios = tuple(
        (most - base) / max(kept - base, 0.1) for base, kept, most in zip(before, after, highest, strict=True)
    )
    most = Figure(case, "ours, highest", UNIT, tuple(highest))
    return Result(
        "memory",
        (
            Figure(case, "ours, before the first run", UNIT, tuple(before)),
            Figure(case, "ours, after", UNIT, tuple(after)),
            most,
        ),
        (
            Verdict(
                f"{case}, highest to kept, without what the process takes before",
                _middle(ratios),
                RATIO,
                RATIO_AIM,
                at_least=False,
                samples=ratios,
            ),
            Verdict(
                f"{case}, highest of a worker's child",
                most.median,
                UNIT,
                CHILD_AIM,
                at_least=False,
                samples=most.samples,
            ),
        ),
    )


def _middle(values: tuple[float, ...]) -> float:
    return sorted(values)[len(values) // 2]


def _round(sizes: Sizes) -> tuple[float, list[dict[str, Any]]]:
    with ExitStack() as stack:
        ground = stack.enter_context(redis_ground())
        url = stack.enter_context(child("long_list")).ready["url"]
        port = stack.enter_context(child("sink")).ready
        sizes_of = (str(sizes.rows), str(sizes.runs))
        told = stack.enter_context(child("memory_child", ground.ledger, url, str(port), *sizes_of)).ready
    return told["base"], told["runs"]
