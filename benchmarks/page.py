"""Writes the tables of docs/operations/bench-results.md from baseline.json: `python -m benchmarks.page`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.compare import BASELINE, Document
from benchmarks.measure import number

PAGE = Path(__file__).parent.parent / "docs" / "operations" / "bench-results.md"
HEAD = """# Results of the benchmarks

This page is made from `benchmarks/baseline.json`, the last agreed run. [Benchmarks](bench.md) says what is measured,
and why an aim is not met.
"""


def page(document: Document) -> str:
    """The page as Markdown."""
    return "\n".join((HEAD, *_machine(document), *_aims(document), *_figures(document)))


def _machine(document: Document) -> Iterator[str]:
    facts = "; ".join(f"{name}: {fact}" for name, fact in document["machine"].items())
    yield f"Begun {document['began']}. {facts}. `load` counts other processes before the first bench.\n"


def _aims(document: Document) -> Iterator[str]:
    every = [verdict for result in document["results"] for verdict in result["verdicts"]]
    yield f"## Aims\n\n{sum(verdict['met'] for verdict in every)} of {len(every)} aims are met.\n"
    yield "| bench | what | figure | rounds | aim | |\n|---|---|---|---|---|---|"
    for result in document["results"]:
        for one in result["verdicts"]:
            word = "at least" if one["at_least"] else "at most"
            met = "met" if one["met"] else "**not met**"
            value, aim = f"{number(one['value'])} {one['unit']}", f"{word} {number(one['aim'])} {one['unit']}"
            yield f"| `{result['bench']}` | {one['what']} | {value} | {_range(one['samples'])} | {aim} | {met} |"


def _figures(document: Document) -> Iterator[str]:
    yield "\n## All figures\n\nMedians, and the least and the most of all rounds.\n"
    yield "| bench | case | who | median | rounds | |\n|---|---|---|---|---|---|"
    for result in document["results"]:
        for one in result["figures"]:
            median = f"{number(one['median'])} {one['unit']}"
            cells = (f"`{result['bench']}`", one["case"], one["who"], median, _range(one["samples"]), one["note"])
            yield f"| {' | '.join(cells)} |"
    yield ""


def _range(samples: list[Any]) -> str:
    return f"{number(min(samples))} to {number(max(samples))}" if len(samples) > 1 else ""


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(BASELINE.read_text("utf-8"))), encoding="utf-8")
