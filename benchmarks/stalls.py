"""Precision and recall of rules for stalled deals on labelled histories: fixed days against the stage's own history.

The histories are generated. Stages differ in pace. Some deals are worked on at their stage's pace; the buyers of others
went silent at a moment that the generator knows and the rules do not. Only activities of people are included. For every
rule, an edit of a field would count as an activity.
"""

import random
from dataclasses import dataclass

from benchmarks.measure import RATIO, Figure, Progress, Result, Verdict
from worker.sources.pipedrive.names import PipedriveStage
from worker.sources.pipedrive.stalls import DAY_MS, DealActivity, Idle, Rotting, StallRule, bounds

RHYTHMS = {"1": ("Qualified", 4.0), "2": ("Demo", 12.0), "3": ("Proposal", 30.0), "4": ("Negotiation", 75.0)}
"""Stage → its name and the median stay, in days, of a deal that goes on."""

SPREAD = 0.5
TOUCHES = 5
"""Average activities of a healthy deal during one stay."""

SILENT = 0.3
FIXED = (7, 14, 30, 60)
PERCENTS = (75, 90)


@dataclass(frozen=True, slots=True)
class Sizes:
    """`past`: finished stays for a rule to learn from. `open`: labelled deals to judge it by. `rounds`: seeds."""

    past: int
    open: int
    rounds: int


FULL = Sizes(2_000, 4_000, 5)
QUICK = Sizes(800, 1_500, 3)
TINY = Sizes(200, 300, 1)


def run(sizes: Sizes, progress: Progress) -> Result:
    rules = (*(f"fixed {days} days" for days in FIXED), *(f"stage history p{percent}" for percent in PERCENTS))
    scores: dict[str, list[tuple[float, float]]] = {rule: [] for rule in rules}
    for seed in range(sizes.rounds):
        progress(f"stalls: histories {seed + 1} of {sizes.rounds}")
        for who, score in _judged(random.Random(seed), sizes).items():  # noqa: S311  # the same histories each time
            scores[who].append(score)
    figures = [
        Figure("stalled deals", who, unit, tuple(pair[place] for pair in taken))
        for who, taken in scores.items()
        for place, unit in enumerate(("precision", "recall"))
    ]
    best = max(_balance(scores[f"fixed {days} days"]) for days in FIXED)
    verdicts = tuple(
        Verdict(f"stage history p{percent} against the best fixed days (F1)", ours / best, RATIO, 1.0, at_least=True)
        for percent in PERCENTS
        for ours in [_balance(scores[f"stage history p{percent}"])]
    )
    return Result("stalls", tuple(figures), verdicts, (f"F1 of the best fixed rule: {best:.2f}",))


def _judged(chance: random.Random, sizes: Sizes) -> dict[str, tuple[float, float]]:
    stays = [(stage, int(_stay(chance, stage) * DAY_MS)) for stage in RHYTHMS for _ in range(sizes.past // 4)]
    deals = [_deal(chance) for _ in range(sizes.open)]
    stages = {key: _stage(key, None) for key in RHYTHMS}
    rules: dict[str, StallRule] = {
        f"fixed {days} days": Rotting({k: _stage(k, days) for k in RHYTHMS}) for days in FIXED
    }
    for percent in PERCENTS:
        rules[f"stage history p{percent}"] = Idle(bounds(stays, percent), percent, stages)
    return {who: _score(rule, deals) for who, rule in rules.items()}


def _score(rule: StallRule, deals: list[tuple[DealActivity, int, bool]]) -> tuple[float, float]:
    """Precision and recall. A rule that finds no deal has precision 1."""
    named = [bool(rule(deal, now).stalled) for deal, now, _ in deals]
    right = sum(one and silent for one, (_, _, silent) in zip(named, deals, strict=True))
    return (right / sum(named) if any(named) else 1.0), right / sum(silent for _, _, silent in deals)


def _balance(scores: list[tuple[float, float]]) -> float:
    """F1, averaged over the seeds."""
    return sum(2 * p * r / (p + r) if p + r else 0.0 for p, r in scores) / len(scores)


def _stay(chance: random.Random, stage: str) -> float:
    return RHYTHMS[stage][1] * chance.lognormvariate(0.0, SPREAD)


def _deal(chance: random.Random) -> tuple[DealActivity, int, bool]:
    """An open deal at one moment, and whether its buyer had gone silent by then."""
    stage = chance.choice(list(RHYTHMS))
    stay = _stay(chance, stage)
    pause = RHYTHMS[stage][1] / TOUCHES
    silent = chance.random() < SILENT
    if silent:
        # A silent deal, observed at some moment before a person closes it.
        age, idle = stay, chance.uniform(0.0, 4.0) * RHYTHMS[stage][1]
    else:
        age = chance.uniform(0.0, stay)
        idle = min(age, chance.expovariate(1 / pause))
    now = int((age + (idle if silent else 0.0)) * DAY_MS)
    return DealActivity(stage, updated_at=now - int(idle * DAY_MS), stage_since=0), now, silent


def _stage(key: str, days: int | None) -> PipedriveStage:
    return PipedriveStage(key, RHYTHMS[key][0], "1", int(key), days, None)
