"""Curves of cost: `python -m benchmarks.growth` writes growth.json, from which `python -m benchmarks.growth_page` makes
docs/operations/growth.md and its pictures.

The full size deploys a million schedules and needs 8 GB of memory and half an hour.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.ground import machine
from benchmarks.growth_clocks import Fleet, measured
from benchmarks.growth_runs import Work, by_owners, by_size, in_ledger
from benchmarks.measure import on_terminal
from worker.adapters.event_log import configure

FIGURES = Path(__file__).parent / "growth.json"


@dataclass(frozen=True, slots=True)
class Sizes:
    """`ticks` of each clock, `runs` of each size, `ledger`: runs of `kept` at which the ledger is looked at, `list`:
    rows that are divided among `owners`.
    """

    fleets: tuple[Fleet, ...]
    ticks: int
    rows: tuple[Work, ...]
    readers: tuple[Work, ...]
    runs: int
    kept: Work
    ledger: tuple[int, ...]
    list: int
    owners: tuple[int, ...]


FULL = Sizes(
    fleets=(Fleet(1, 1_000), Fleet(1, 10_000), Fleet(1, 100_000), Fleet(10, 100_000)),
    ticks=120,
    rows=tuple(Work(rows, 1) for rows in (100, 500, 2_000, 10_000)),
    readers=tuple(Work(100, readers) for readers in (1, 10, 100, 1_000)),
    runs=5,
    kept=Work(100, 5),
    ledger=(100, 300, 1_000, 2_000),
    list=10_000,
    owners=(10, 50, 200, 500),
)
TINY = Sizes(
    fleets=(Fleet(1, 20), Fleet(2, 30)),
    ticks=2,
    rows=(Work(100, 1), Work(200, 1)),
    readers=(Work(100, 1), Work(100, 3)),
    runs=1,
    kept=Work(100, 2),
    ledger=(3, 5),
    list=100,
    owners=(2, 4),
)
SIZES = {"full": FULL, "tiny": TINY}

PARTS: dict[str, Callable[[Sizes], Iterable[Mapping[str, Any]]]] = {
    "schedules": lambda sizes: (measured(fleet, sizes.ticks, on_terminal) for fleet in sizes.fleets),
    "rows": lambda sizes: by_size(sizes.rows, sizes.runs, on_terminal),
    "readers": lambda sizes: by_size(sizes.readers, sizes.runs, on_terminal),
    "ledger": lambda sizes: in_ledger(sizes.kept, sizes.ledger, on_terminal),
    "owners": lambda sizes: by_owners(sizes.list, sizes.owners, 3, on_terminal),
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description="Curves of cost.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--size", choices=tuple(SIZES), default="full", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, default=FIGURES, metavar="FILE", help="default: %(default)s")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.parts) - set(PARTS))
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    configure("warning")
    began, facts = datetime.now(UTC).isoformat(timespec="seconds"), machine()
    document = json.loads(given.json.read_text("utf-8")) if given.json.is_file() else {}
    for name in given.parts or PARTS:
        document[name] = {"began": began, "machine": facts, "points": []}
        for point in PARTS[name](SIZES[given.size]):
            document[name]["points"].append(point)
            given.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        on_terminal("")
        print(f"{name}: {len(document[name]['points'])} points in {given.json}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
