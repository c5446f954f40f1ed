"""Runs benchmarks: `python -m benchmarks [names…] [--quick] [--json FILE]`."""

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import (
    alert_ledger,
    alert_rules,
    claim,
    clock,
    console,
    mail,
    memory,
    owners,
    pages,
    stalls,
    startup,
    tables,
    whole,
)
from benchmarks.ground import machine
from benchmarks.measure import Progress, Result, on_terminal, printed
from worker.collector import collect_rarely


@dataclass(frozen=True, slots=True)
class Bench:
    """`sizes`: name → sizes. The names are "full", "quick", and "tiny" for tests."""

    run: Callable[[Any, Progress], Result]
    sizes: dict[str, Any]


BENCHES = {
    name: Bench(module.run, {"full": module.FULL, "quick": module.QUICK, "tiny": module.TINY})
    for name, module in (
        ("claim", claim),
        ("clock", clock),
        ("tables", tables),
        ("stalls", stalls),
        ("pages", pages),
        ("whole", whole),
        ("mail", mail),
        ("memory", memory),
        ("owners", owners),
        ("alert_rules", alert_rules),
        ("alert_ledger", alert_ledger),
        ("console", console),
        ("startup", startup),
    )
}


def main(arguments: list[str]) -> int:
    """The exit status. It is 0 even if an aim is not met. A benchmark that measures nothing raises."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ratios against peers, side by side.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHES)}; default: all")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, under a minute")
    parser.add_argument("--size", choices=("full", "quick", "tiny"), default="full", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure there")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(BENCHES))
    if unknown:
        parser.error(f"there is no bench {unknown[0]!r}; there are {', '.join(BENCHES)}")
    began, facts = datetime.now(UTC), machine()
    results = _all(given.names or list(BENCHES), "quick" if given.quick else given.size, facts)
    if given.json:
        document = {
            "began": began.isoformat(timespec="seconds"),
            "machine": facts,
            "results": [result.document() for result in results],
        }
        given.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0


def _all(names: list[str], size: str, facts: dict[str, str | int | float]) -> list[Result]:
    results, met, judged = [], 0, 0
    collect_rarely()  # as a worker does; the peers of this process have the same
    print(f"{', '.join(f'{name} {fact}' for name, fact in facts.items())}; medians, [least to most]")
    for name in names:
        gc.collect()
        gc.freeze()  # what earlier benches left is not looked through again in this one
        began = time.monotonic()
        result = BENCHES[name].run(BENCHES[name].sizes[size], on_terminal)
        on_terminal("")
        print(f"\n{printed(result)}\n  ({time.monotonic() - began:.0f} s)", flush=True)
        results.append(result)
        met += sum(verdict.met for verdict in result.verdicts)
        judged += len(result.verdicts)
    print(f"\n{met} of {judged} aims met")
    return results


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
