"""Many deployed schedules in one clock: ready time, memory, idle tick. The peers hold a trigger object per schedule."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.definitions import PROJECT, bundle
from benchmarks.ground import Ground, child, redis_ground
from benchmarks.measure import Figure, Progress, Result, Verdict
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.ledger import RedisLedger

PEERS = {
    "triggers": "one CronTrigger each",
    "definitions": "every definition decoded",
    "jobs": "APScheduler's memory store",
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """`jobs`: the number in APScheduler's store, which takes half a minute for 100,000."""

    schedules: int
    rounds: int
    ticks: int
    jobs: int


FULL = Sizes(100_000, 5, 2_000, 5_000)
QUICK = Sizes(20_000, 1, 1_000, 1_000)
TINY = Sizes(300, 1, 20, 20)


def run(sizes: Sizes, progress: Progress) -> Result:
    """Ours and the peers alternate, each in a new process."""
    ours: list[dict[str, float]] = []
    peers: dict[str, list[dict[str, float]]] = {kind: [] for kind in PEERS}
    with redis_ground() as ground:
        progress(f"clock: deploying {sizes.schedules:,} schedules")
        asyncio.run(_deploy(ground, sizes.schedules))
        for number in range(sizes.rounds):
            progress(f"clock: ours, round {number + 1} of {sizes.rounds}")
            ours.append(_ours(ground, sizes))
            for kind, taken in peers.items():
                progress(f"clock: {PEERS[kind]}, round {number + 1} of {sizes.rounds}")
                with child("peer_child", kind, str(_count(kind, sizes))) as peer:
                    taken.append(peer.ready)
    return Result("clock", (*_figures(ours, sizes), *_peer_figures(peers, sizes)), _verdicts(ours, sizes))


def _ours(ground: Ground, sizes: Sizes) -> dict[str, float]:
    with child("clock_child", ground.ledger, ground.broker, str(sizes.ticks)) as clock:
        told = clock.ready
    return {**told, "p99": told["idle"]["p99"], "p50": told["idle"]["p50"]}


async def _deploy(ground: Ground, count: int) -> None:
    """Every first slot is in the future, so that ticks are idle."""
    client = connect(ground.ledger)
    try:
        made = bundle(count)
        first = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        await RedisLedger(client, PROJECT).deployments.activate(made, dict.fromkeys(made.schedules, first), ())
    finally:
        await client.aclose()


def _figures(ours: list[dict[str, float]], sizes: Sizes) -> list[Figure]:
    case = f"{sizes.schedules:,} schedules"
    named = {
        "loaded": ("ours, opened to first tick", "s"),
        "ready": ("ours, process start to first tick", "s"),
        "cpu": ("ours, processor time to first tick", "s"),
        "mb": ("ours, whole process", "MB"),
        "base_mb": ("ours, before anything is loaded", "MB"),
        "p50": ("ours, idle tick p50", "ms"),
        "p99": ("ours, idle tick p99", "ms"),
    }
    return [Figure(case, who, unit, tuple(one[key] for one in ours)) for key, (who, unit) in named.items()]


def _peer_figures(peers: dict[str, list[dict[str, float]]], sizes: Sizes) -> list[Figure]:
    figures = []
    for kind, taken in peers.items():
        case = f"{_count(kind, sizes):,} schedules"
        figures.append(Figure(case, f"{PEERS[kind]}, made", "s", tuple(one["seconds"] for one in taken)))
        figures.append(Figure(case, f"{PEERS[kind]}, added", "MB", tuple(one["added_mb"] for one in taken)))
    return figures


def _count(kind: str, sizes: Sizes) -> int:
    return sizes.jobs if kind == "jobs" else sizes.schedules


def _verdicts(ours: list[dict[str, float]], sizes: Sizes) -> tuple[Verdict, ...]:
    case = f"{sizes.schedules:,} schedules"
    aims = (
        ("process start to first tick", "ready", "s", 2.0),
        ("whole process", "mb", "MB", 80.0),
        ("idle tick p99", "p99", "ms", 1.0),
    )
    figures = {figure.who: figure for figure in _figures(ours, sizes)}
    return tuple(
        Verdict(f"{case}, {what}", figure.median, unit, aim, at_least=False, samples=figure.samples)
        for what, _key, unit, aim in aims
        for figure in [figures[f"ours, {what}"]]
    )
