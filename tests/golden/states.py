"""Every shipped schedule in every state of a digest: the first, one that moved, one in which nothing moved, one whose
head is missing, one of an empty account, one of which a part is missing.
"""

from dataclasses import replace
from pathlib import Path

from tests.golden import two_mondays
from tests.golden.two_mondays import FIRST, WEEK
from worker.domain.delivery import Baseline
from worker.domain.digest.compose import compose
from worker.domain.digest.context import DigestContext
from worker.domain.digest.model import Digest
from worker.domain.schedule import Schedule
from worker.domain.snapshot.snapshot import Gap, GapReason, Kind, Snapshot

STATES = ("first", "moved", "unchanged", "gap", "empty", "partial")
COUNTS = frozenset({Kind.INT, Kind.SECONDS})


async def every_state(place: Path) -> dict[str, Digest]:
    """By the schedule's name and the state: "umami-week.gap"."""
    found: dict[str, Digest] = {}
    for name in two_mondays.FILES:
        for state, digest in (await states(name, place / name)).items():
            found[f"{name}.{state}"] = digest
    return found


async def states(name: str, place: Path) -> dict[str, Digest]:
    first, second = [context async for context in two_mondays.contexts(name, place)]
    return {
        "first": compose(first),
        "moved": compose(second),
        "unchanged": compose(_unchanged(second)),
        "gap": compose(_without(second, _head(second.schedule))),
        "empty": compose(_empty(first)),
        "partial": compose(_without(second, second.schedule.report[-1].id)),
    }


def _head(plan: Schedule) -> str:
    return plan.key or plan.bridge or plan.report[0].id


def _unchanged(now: DigestContext) -> DigestContext:
    """A week later the services say the same."""
    past = {query: (Baseline(query, now.slot, now.slot), answer) for query, answer in now.snapshots.items()}
    compared = {query: now.snapshots[query] for query in now.compared}
    return replace(now, slot=FIRST + 2 * WEEK, next_slot=FIRST + 3 * WEEK, compared=compared, baselines=past)


def _without(now: DigestContext, query: str) -> DigestContext:
    gap = Gap(query, GapReason.UNAVAILABLE, "GET /: 503 Service Unavailable", tries=4)
    rest = {name: answer for name, answer in now.snapshots.items() if name != query}
    return replace(now, snapshots=rest, gaps=(gap,))


def _empty(now: DigestContext) -> DigestContext:
    """An account with nothing in it."""
    return replace(now, snapshots={query: _emptied(answer) for query, answer in now.snapshots.items()}, compared={})


def _emptied(answer: Snapshot) -> Snapshot:
    nothing = tuple(replace(one, value=0 if one.kind in COUNTS else None) for one in answer.measures)
    tables = tuple(replace(one, rows=(), total=None if one.total is None else 0) for one in answer.tables)
    return replace(answer, measures=nothing, tables=tables, members=frozenset(), followed=None)
