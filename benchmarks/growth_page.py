"""Writes docs/operations/growth.md and its pictures from growth.json: `python -m benchmarks.growth_page`."""

import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.curve import Series, svg
from benchmarks.growth import FIGURES
from benchmarks.growth_limits import (
    BUDGET,
    BUSY_HOUR,
    BUSY_MINUTE,
    COMPANY,
    KEPT_DAYS,
    READERS,
    REQUESTS,
    ROWS,
    SERVICE,
    SHORT_DAYS,
    VALUE,
    Case,
    first_limit,
    kept_gb,
    kept_of,
    needs,
    run_of,
)
from benchmarks.measure import number

DOCS = Path(__file__).parent.parent / "docs"
PAGE, PICTURES = DOCS / "operations" / "growth.md", DOCS / "pictures"

Document = Mapping[str, Any]
Points = Sequence[Mapping[str, Any]]
Column = tuple[str, Callable[[Mapping[str, Any]], float]]


def page(document: Document) -> str:
    parts = (_head, _schedules, _rows, _readers, _owners, _ledger, _arithmetic, _machines)
    return "\n".join(line for part in parts for line in part(document))


def pictures(document: Document) -> dict[str, str]:
    """File name below docs/pictures → SVG."""
    points = {name: document[name]["points"] for name in ("schedules", "rows", "readers", "owners", "ledger")}
    return {
        "growth-schedules.svg": svg(
            "Memory by deployed schedules",
            "schedules",
            "MB",
            (
                _series("Redis", points["schedules"], "schedules", lambda one: one["redis_mb"]),
                _series("clocks", points["schedules"], "schedules", lambda one: one["clock_mb"]),
            ),
        ),
        "growth-rows.svg": svg(
            "One run by the rows of its list",
            "rows",
            "ms of processor time",
            (
                _series("worker", points["rows"], "rows", lambda one: one["cpu_ms"]),
                _series("Redis", points["rows"], "rows", lambda one: one["redis"]["cpu"] * 1000),
            ),
        ),
        "growth-readers.svg": svg(
            "One run by its readers",
            "readers",
            "ms of processor time",
            (
                _series("worker", points["readers"], "readers", lambda one: one["cpu_ms"]),
                _series("Redis", points["readers"], "readers", lambda one: one["redis"]["cpu"] * 1000),
            ),
        ),
        "growth-owners.svg": svg(
            f"A list of {points['owners'][0]['rows']:,} rows by its owners",
            "owners",
            "ms of processor time",
            (
                _series("digests and mails", points["owners"], "owners", lambda one: one["mails_ms"]),
                _series("digests", points["owners"], "owners", lambda one: one["each_ms"]),
                _series("one for all", points["owners"], "owners", lambda one: one["one_ms"]),
            ),
        ),
        "growth-ledger.svg": svg(
            "Memory of Redis by the runs in the ledger",
            "runs",
            "kB",
            (_series("Redis", points["ledger"], "runs", lambda one: one["redis_kb"]),),
        ),
    }


def _series(name: str, points: Points, across: str, value: Callable[[Mapping[str, Any]], float]) -> Series:
    return Series(name, tuple((float(one[across]), value(one)) for one in points))


def _head(_document: Document) -> Iterator[str]:
    yield "# How cost grows"
    yield from _said(
        "This page and its pictures are made from `benchmarks/growth.json` by `python -m benchmarks.growth_page`.",
        "`python -m benchmarks.growth` measures the curves: real clock processes over a real Redis, and runs as a",
        "worker's child does them. Both axes of each picture are logarithmic: a line that rises by one field for each",
        "field to the right is a cost in proportion.",
    )


def _schedules(document: Document) -> Iterator[str]:
    points = document["schedules"]["points"]
    largest = points[-1]
    yield "## Schedules\n"
    yield "![Memory of Redis and of the clocks by deployed schedules](../pictures/growth-schedules.svg)\n"
    columns: tuple[Column, ...] = (
        ("schedules", lambda one: one["schedules"]),
        ("projects", lambda one: one["projects"]),
        ("Redis, MB", lambda one: one["redis_mb"]),
        ("clocks, MB", lambda one: one["clock_mb"]),
        ("start to first tick, processor s", lambda one: one["start_cpu_s"]),
        ("idle tick, processor ms", lambda one: one["idle_cpu_ms"]),
    )
    elapsed: tuple[Column, ...] = (
        ("start to first tick, s", lambda one: one["start_s"]),
        ("idle tick, median ms", lambda one: one["idle_p50_ms"]),
        ("idle tick p99, ms", lambda one: one["idle_p99_ms"]),
        ("deploy, s", lambda one: one["deploy_s"]),
    )
    yield from _table(points, columns + (elapsed if _idle(document["schedules"]["machine"]) else ()))
    base, each = number(largest["clock_base_mb"]), largest["bundle_bytes_each"]
    yield from _said(
        "A clock keeps the timing of each schedule and no definition.",
        f"{largest['projects']} clocks run side by side in the last row, one for each project; {base} MB of each are",
        "the program itself. A deployment is one value in Redis, which takes at most 512 MB.",
        f"The definitions here have {each:,.0f} bytes each, so that one project holds at most {VALUE / each:,.0f}.",
        "More need several projects.",
    )
    yield "### A busy minute\n"
    yield "A tenth of the schedules becomes due at once, and all clocks claim and publish.\n"
    busy: tuple[Column, ...] = (
        ("schedules", lambda one: one["schedules"]),
        ("slots due", lambda one: one["busy"]["slots"]),
        ("clock, µs a slot", lambda one: one["busy"]["clock_cpu_us"]),
        ("Redis, µs a slot", lambda one: one["busy"]["redis"]["cpu"] * 1e6),
        ("commands a slot", lambda one: one["busy"]["redis"]["commands"]),
        ("bytes received a slot", lambda one: one["busy"]["redis"]["received"]),
    )
    rate: tuple[Column, ...] = (
        ("seconds", lambda one: one["busy"]["seconds"]),
        ("slots a second", lambda one: one["busy"]["rate"]),
    )
    yield from _table(points, busy + (rate if _idle(document["schedules"]["machine"]) else ()))
    yield ""


def _rows(document: Document) -> Iterator[str]:
    yield "## Rows of a list\n"
    yield "![Processor time of one run by rows](../pictures/growth-rows.svg)\n"
    yield from _table(document["rows"]["points"], (("rows", lambda one: one["rows"]), *_OF_A_RUN))
    yield from _said("One reader, and a list that did not change between the runs.")


def _readers(document: Document) -> Iterator[str]:
    yield "## Readers of a run\n"
    yield "![Processor time of one run by readers](../pictures/growth-readers.svg)\n"
    yield from _table(document["readers"]["points"], (("readers", lambda one: one["readers"]), *_OF_A_RUN))
    yield from _said(
        "One fetch, one comparison and one page for all; a message, its intent and its outcome for each.",
    )


def _owners(document: Document) -> Iterator[str]:
    yield "## Owners of a list\n"
    yield "![Processor time by owners](../pictures/growth-owners.svg)\n"
    columns: tuple[Column, ...] = (
        ("owners", lambda one: one["owners"]),
        ("one digest for all, ms", lambda one: one["one_ms"]),
        ("a digest each, ms", lambda one: one["each_ms"]),
        ("digest and mail each, ms", lambda one: one["mails_ms"]),
        ("ms for each owner", lambda one: one["mails_ms"] / one["owners"]),
    )
    yield from _table(document["owners"]["points"], columns)
    yield from _said("The list is split once. What grows with the owners is a digest and a page for each.")


def _ledger(document: Document) -> Iterator[str]:
    points = document["ledger"]["points"]
    yield "## Runs in the ledger\n"
    yield "![Memory of Redis by runs in the ledger](../pictures/growth-ledger.svg)\n"
    columns: tuple[Column, ...] = (
        ("runs", lambda one: one["runs"]),
        ("Redis, kB", lambda one: one["redis_kb"]),
        ("idle tick, processor ms", lambda one: one["idle_cpu_ms"]),
    )
    yield from _table(points, columns)
    yield from _said(
        f"A run of an unchanged list of {points[0]['rows']:,} rows to {points[0]['readers']} readers keeps",
        f"{number(kept_of(points) / 1024)} kB. An idle tick looks only at what waits, so that runs of the past cost it",
        "nothing.",
    )


_OF_A_RUN: tuple[Column, ...] = (
    ("worker, ms", lambda one: one["cpu_ms"]),
    ("Redis, ms", lambda one: one["redis"]["cpu"] * 1000),
    ("commands", lambda one: one["redis"]["commands"]),
    ("received, kB", lambda one: one["redis"]["received"] / 1024),
    ("append-only file, kB", lambda one: one["redis"]["log"] / 1024),
    ("kept, kB", lambda one: one["redis"]["memory"] / 1024),
)


def _arithmetic(document: Document) -> Iterator[str]:
    run = run_of(document["readers"]["points"], READERS)
    kept = kept_of(document["ledger"]["points"])
    yield "## From here to a company and to a service"
    cpu, redis = number(run["cpu_ms"]), number(run["cpu"] * 1000)
    yield from _said(
        f"Each schedule runs once a working day, over {ROWS} rows to {READERS} readers. Such a run costs {cpu} ms of a",
        f"worker, {redis} ms and {run['commands']:,.0f} commands of Redis, and {kept / 1024:,.1f} kB that stay for",
        f"{KEPT_DAYS} days. {BUSY_MINUTE:.0%} of the schedules are due in one minute, {BUSY_HOUR:.0%} within one hour.",
        f"An account at a service may be asked {BUDGET:.0f} times a second, and a run asks {REQUESTS} times.",
        "One Redis has a processor for scripts, 64 GB of memory, a gigabit of network, and a disk that writes 100 MB a",
        "second. These are assumptions (`benchmarks/growth_limits.py`); the costs are measured.",
    )
    for case in (COMPANY, SERVICE):
        yield from _case(case, document)


def _case(case: Case, document: Document) -> Iterator[str]:
    found = needs(case, document)
    limit, short = first_limit(found), kept_gb(case, document, SHORT_DAYS)
    of = "one account" if case.accounts == 1 else f"{case.accounts} accounts, a project each"
    yield f"### {case.name.capitalize()} with {case.schedules:,} schedules\n"
    yield f"{of.capitalize()}.\n"
    yield "| part | need | of what there is |\n|---|---|---|"
    for one in found:
        share = f"{number(one.share)} of them" if one.divisible else f"{one.share:.1%}"
        yield f"| {one.part} | {one.need} | {share} |"
    outcome = "is not enough" if limit.share > 1 else f"is used to {limit.share:.0%}"
    yield from _said(
        f"Of what cannot be divided, **{limit.part}** is the first limit: it {outcome}.",
        "Clocks and workers are added as processes, on any number of machines, and projects can be on several Redis",
        f"servers. With a `retention` of {SHORT_DAYS} days instead of {KEPT_DAYS} the runs need {number(short)} GB.",
    )


def _machines(document: Document) -> Iterator[str]:
    yield "## The machine\n"
    yield "| part | begun | facts |\n|---|---|---|"
    for name in ("schedules", "rows", "readers", "owners", "ledger"):
        facts = "; ".join(f"{fact}: {value}" for fact, value in document[name]["machine"].items())
        yield f"| {name} | {document[name]['began']} | {facts} |"
    yield from _said(
        "`load` counts other processes before the measurement. While they work, elapsed time says little, and is left",
        "out above; processor time, commands, bytes and memory are hardly changed.",
    )


def _idle(machine: Mapping[str, Any]) -> bool:
    """Whether the machine had a processor to spare, so that elapsed time means something."""
    return bool(machine["load"] < machine["processors"] - 1)


def _said(*parts: str) -> Iterator[str]:
    """A paragraph, with an empty line before and after it."""
    yield f"\n{textwrap.fill(' '.join(parts), 118)}\n"


def _table(points: Points, columns: Sequence[Column]) -> Iterator[str]:
    yield f"| {' | '.join(name for name, _ in columns)} |"
    yield f"|{'---:|' * len(columns)}"
    for one in points:
        yield f"| {' | '.join(_cell(value(one)) for _, value in columns)} |"


def _cell(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else number(value)


def write(document: Document) -> None:
    PAGE.write_text(page(document), encoding="utf-8")
    for name, picture in pictures(document).items():
        (PICTURES / name).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    write(json.loads(FIGURES.read_text("utf-8")))
