"""From what was measured to what a company and a service need, and which part is the first that does not suffice."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.measure import number

ROWS, READERS = 100, 5
BUSY_MINUTE = 0.1
"""Share of the schedules that are due in one minute."""
BUSY_HOUR = 0.5
"""Share of a day's runs in its busiest hour."""
WORKING_DAYS = 5 / 7
KEPT_DAYS, SHORT_DAYS = 400, 35
"""`retention.daily` and `retention.all`: with one run a working day, every run is kept for the first."""
REQUESTS = 2
"""Of a run, to its service: a page of the list, and what became of rows that left it."""
BUDGET = 18.0
"""Requests a second that one account may have: nine tenths of a limit of 20."""
MEMORY = 64 * 2**30
"""Bytes of a Redis with much memory."""
GB = 2**30
VALUE = 512 * 2**20
MEGABIT = 125_000
NETWORK = 1000 * MEGABIT
"""Bytes a second."""
DISK = 100e6
"""Bytes a second that a disk writes."""
MINUTE, HOUR = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Case:
    """`accounts` at services, with a project each."""

    name: str
    schedules: int
    accounts: int


COMPANY = Case("a company", 10_000, 1)
SERVICE = Case("a service", 1_000_000, 100)


@dataclass(frozen=True, slots=True)
class Need:
    """`share`: of what there is of one; 1 is all of it. `divisible`: more of them can be added (processes), which a
    Redis, an account and a value cannot.
    """

    part: str
    need: str
    share: float
    divisible: bool


def run_of(points: Sequence[Mapping[str, Any]], readers: int) -> dict[str, float]:
    """The cost of one run to so many readers, on the line through the measured points."""
    xs = [float(point["readers"]) for point in points]
    found = {}
    for name in ("cpu_ms", "commands", "received", "log", "cpu"):
        ys = [point["cpu_ms"] if name == "cpu_ms" else point["redis"][name] for point in points]
        slope, start = statistics.linear_regression(xs, ys)
        found[name] = max(start + slope * readers, min(ys))
    return found


def kept_of(points: Sequence[Mapping[str, Any]]) -> float:
    """Bytes of Redis's memory for one run in the ledger."""
    runs, kept = [float(point["runs"]) for point in points], [point["redis_kb"] for point in points]
    return statistics.linear_regression(runs, kept).slope * 1024


def kept_gb(case: Case, document: Mapping[str, Any], days: int) -> float:
    """Memory of the runs of so many days."""
    return case.schedules * days * WORKING_DAYS * kept_of(document["ledger"]["points"]) / GB


def needs(case: Case, document: Mapping[str, Any]) -> list[Need]:
    """The largest share first."""
    largest = document["schedules"]["points"][-1]
    busy, run = largest["busy"], run_of(document["readers"]["points"], READERS)
    slots, hourly = case.schedules * BUSY_MINUTE, case.schedules * BUSY_HOUR
    kept = kept_gb(case, document, KEPT_DAYS)
    memory = kept + case.schedules * largest["redis_bytes_each"] / GB
    claiming = slots * busy["redis"]["cpu"]
    running = hourly * (busy["redis"]["cpu"] + run["cpu"])
    logged, received = (hourly * (run[name] + busy["redis"][name]) / HOUR for name in ("log", "received"))
    bundle = case.schedules / case.accounts * largest["bundle_bytes_each"]
    asked = hourly * REQUESTS / case.accounts / HOUR
    workers = hourly * run["cpu_ms"] / 1000 / HOUR
    clocks = slots * busy["clock_cpu_us"] / 1e6 / MINUTE
    one = (
        ("Redis's processor, busiest minute", f"{number(claiming)} s for {slots:,.0f} claims", claiming / MINUTE),
        ("Redis's processor, busiest hour", f"{number(running)} s for {hourly:,.0f} runs", running / HOUR),
        ("Redis's memory", f"{number(memory)} GB, of which {number(kept)} GB are runs", memory * GB / MEMORY),
        ("append-only file, busiest hour", f"{number(logged / 1e6)} MB/s", logged / DISK),
        ("network of Redis, busiest hour", f"{number(received / 1e6)} MB/s", received / NETWORK),
        ("deployment of one project", f"{number(bundle / 2**20)} MB", bundle / VALUE),
        ("requests to one account, busiest hour", f"{number(asked)} a second", asked / BUDGET),
    )
    many = (
        ("worker processors, busiest hour", number(workers), workers),
        ("clock processors, busiest minute", number(clocks), clocks),
    )
    found = [
        *(Need(part, need, share, divisible=False) for part, need, share in one),
        *(Need(part, need, share, divisible=True) for part, need, share in many),
    ]
    return sorted(found, key=lambda need: need.share, reverse=True)


def first_limit(found: Sequence[Need]) -> Need:
    """Of what cannot be divided."""
    return next(one for one in found if not one.divisible)
