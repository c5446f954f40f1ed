"""alerts backtest: what a rule would have reported for stored history."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from worker.documents.backtest import backtest_document
from worker.domain.delivery import shown_reader
from worker.domain.run import stamp
from worker.domain.schedule import Bundle
from worker.domain.time.duration import DurationError, parse_duration
from worker.entry import console
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.errors import RequestError
from worker.flow.alert.backtest import BackTested, backtested
from worker.flow.alert.deployed_rules import bundle_in_force, find_rule
from worker.flow.services import Services
from worker.rendering.backtest_page import BackTestShown, backtest_page, weeks_of

BLOCKS = " ▏▎▍▌▋▊▉█"
WIDTH = 40
"""Characters of the longest bar."""

SHOWN = 30
"""Findings that are printed, the newest. --json lists all."""


def backtest(
    ctx: typer.Context,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="SCHEDULE/RULE, or a rule's id if only one has it.")],
    since: Annotated[str, typer.Option("--since", metavar="DURATION", help="How far back, such as 90d.")] = "90d",
    out: Annotated[Path | None, typer.Option("--out", help="Also write it as a page, for a browser.")] = None,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Show what a rule would have sent for stored answers, to whom, and how often. Nothing is sent."""
    with console.guarded(as_json=as_json):
        span = _span(since)

        async def work(services: Services) -> tuple[BackTested, Bundle]:
            bundle = await bundle_in_force(services.deployments)
            found = find_rule(bundle, rule)
            begin = await services.clock.now() - span
            return await backtested(services, bundle, found.schedule, found.rule, begin), bundle

        with console.progress("Reading stored answers", quiet=as_json):
            tested, bundle = with_ledger(directory(ctx, project), work)
        if out is not None:
            console.write_file(out, backtest_page(_shown(tested), bundle.defaults.locale, bundle.defaults.timezone))
    if as_json:
        console.show_json(backtest_document(tested))
        return
    for line in backtest_lines(tested):
        console.out.print(line, markup=False)
    if out is not None:
        console.out.print(f"Wrote {out}.", markup=False)


def backtest_lines(of: BackTested) -> Iterator[str]:
    """The numbers, a bar for each week, and the newest findings."""
    found = of.found
    name = f"{of.schedule}/{of.rule.id}"
    if found.since is None:
        yield f"{name}: there is no stored answer since {stamp(of.since)}."
        return
    yield (
        f"{name} over {of.runs} runs, answers since {stamp(found.since)}; {len(found.gaps)} without data; "
        f"{found.unknown} of {found.judged} results unknown, because a value was null. Nothing was sent."
    )
    for reader, weeks in weeks_of(of.messages).items():
        yield f"{shown_reader(reader)}: {of.a_week[reader]:.1f} messages a week"
        most = max(of.messages.values())
        for week, count in weeks.items():
            yield f"  {week.isoformat()}  {bar(count, most)} {count}".rstrip()
    for why, count in found.kept.items():
        yield f"{count} told to nobody: {why.value}"
    for one in of.findings[-SHOWN:]:
        left = f", left {stamp(one.leaves)}" if one.leaves != one.slot else ""
        yield f"  {stamp(one.slot)}  {one.reason.value:13} {one.name}  → {shown_reader(one.reader)}{left}"
    if len(of.findings) > SHOWN:
        yield f"  and {len(of.findings) - SHOWN} before them; --json lists all"
    if not of.findings:
        yield "It would have sent nothing."


def bar(count: int, most: int) -> str:
    """A bar in eighths of a character, the longest of WIDTH characters."""
    eighths = round(count / most * WIDTH * 8) if most else 0
    whole, rest = divmod(eighths, 8)
    return BLOCKS[8] * whole + (BLOCKS[rest] if rest else "")


def _span(text: str) -> timedelta:
    try:
        return timedelta(seconds=parse_duration(text))
    except DurationError as error:
        raise RequestError(f"--since: {error}") from None


def _shown(of: BackTested) -> BackTestShown:
    return BackTestShown(
        of.schedule,
        of.rule.id,
        of.found.since,
        of.until,
        of.runs,
        len(of.found.gaps),
        of.found.judged,
        of.found.unknown,
        of.findings,
        of.messages,
        of.a_week,
    )
