"""Rules for stalled deals against labelled histories: precision and recall, fixed days beside the stage's own past.

The histories are generated: stages of very different rhythm, deals that are worked on at their stage's pace, and deals
whose buyer went silent at a moment that the generator knows and no rule is told. Touches by people alone are in them;
a field that somebody edits for order's sake would count as one for every rule.
"""

import random
from dataclasses import dataclass

from benchmarks.measure import Figure, Progress, Result, Verdict
from worker.sources.pipedrive.names import PipedriveStage
from worker.sources.pipedrive.stalls import DAY_MS, DealActivity, Idle, Rotting, Rule, bounds

RHYTHMS = {"1": ("Qualified", 4.0), "2": ("Demo", 12.0), "3": ("Proposal", 30.0), "4": ("Negotiation", 75.0)}
"""Stage → its name and the median stay of a deal that goes on, in days."""

SPREAD = 0.5
TOUCHES = 5
"""Of a healthy deal during one stay, on average."""

SILENT = 0.3
FIXED = (7, 14, 30, 60)
PERCENTS = (75, 90)


@dataclass(frozen=True, slots=True)
class Sizes:
    """`past`: finished stays that a rule may learn from; `open`: labelled deals that it is judged by; rounds: seeds."""

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
        Verdict(f"stage history p{percent} against the best fixed days (F1)", ours / best, "×", 1.0, at_least=True)
        for percent in PERCENTS
        for ours in [_balance(scores[f"stage history p{percent}"])]
    )
    return Result("stalls", tuple(figures), verdicts, (f"F1 of the best fixed rule: {best:.2f}",))


def _judged(chance: random.Random, sizes: Sizes) -> dict[str, tuple[float, float]]:
    stays = [(stage, int(_stay(chance, stage) * DAY_MS)) for stage in RHYTHMS for _ in range(sizes.past // 4)]
    deals = [_deal(chance) for _ in range(sizes.open)]
    stages = {key: _stage(key, None) for key in RHYTHMS}
    rules: dict[str, Rule] = {f"fixed {days} days": Rotting({k: _stage(k, days) for k in RHYTHMS}) for days in FIXED}
    for percent in PERCENTS:
        rules[f"stage history p{percent}"] = Idle(bounds(stays, percent), percent, stages)
    return {who: _score(rule, deals) for who, rule in rules.items()}


def _score(rule: Rule, deals: list[tuple[DealActivity, int, bool]]) -> tuple[float, float]:
    """Precision and recall; a rule that names nobody has precision 1."""
    named = [bool(rule(deal, now).stalled) for deal, now, _ in deals]
    right = sum(one and silent for one, (_, _, silent) in zip(named, deals, strict=True))
    return (right / sum(named) if any(named) else 1.0), right / sum(silent for _, _, silent in deals)


def _balance(scores: list[tuple[float, float]]) -> float:
    """F1, averaged over the seeds."""
    return sum(2 * p * r / (p + r) if p + r else 0.0 for p, r in scores) / len(scores)


def _stay(chance: random.Random, stage: str) -> float:
    return RHYTHMS[stage][1] * chance.lognormvariate(0.0, SPREAD)


def _deal(chance: random.Random) -> tuple[DealActivity, int, bool]:
    """An open deal as it stands at a moment, and whether its buyer has gone silent by then."""
    stage = chance.choice(list(RHYTHMS))
    stay = _stay(chance, stage)
    pause = RHYTHMS[stage][1] / TOUCHES
    silent = chance.random() < SILENT
    if silent:
        # Silent for as long as it takes until somebody closes it: looked at somewhere on the way there.
        age, idle = stay, chance.uniform(0.0, 4.0) * RHYTHMS[stage][1]
    else:
        age = chance.uniform(0.0, stay)
        idle = min(age, chance.expovariate(1 / pause))
    now = int((age + (idle if silent else 0.0)) * DAY_MS)
    return DealActivity(stage, updated_at=now - int(idle * DAY_MS), stage_since=0), now, silent


def _stage(key: str, days: int | None) -> PipedriveStage:
    return PipedriveStage(key, RHYTHMS[key][0], "1", int(key), days, None)
