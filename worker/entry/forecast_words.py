"""What a plan says about new and changed alert rules."""

from collections import Counter
from collections.abc import Iterable, Iterator

from worker.domain.run import stamp
from worker.flow.deploy.forecast import NOISE, Forecast

READERS = 8
"""Readers that are named, those with the most messages first."""


def forecast_lines(forecasts: Iterable[Forecast]) -> Iterator[str]:
    for one in forecasts:
        yield from _lines(one)


def _lines(of: Forecast) -> Iterator[str]:
    name = f"alert {of.schedule}/{of.rule} ({of.change})"
    if of.tested is None:
        yield f"{name}: no answer to its query is stored, so nothing can be said of how often it tells."
        return
    tested, since = of.tested, of.tested.found.since
    span = f"over {tested.runs} runs since {stamp(since)}" if since is not None else ""
    reasons = Counter(one.reason.value for one in tested.findings)
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.items()) or "nothing"
    yield f"{name} would have told {told} {span}."
    rates = sorted(tested.a_week.items(), key=lambda pair: -pair[1])
    for reader, count in rates[:READERS]:
        warning = f"; more than {NOISE} a week are noise: add `for`, or raise its threshold" if count > NOISE else ""
        yield f"  {reader}: {count:.1f} messages a week{warning}"
    if len(rates) > READERS:
        yield f"  and {len(rates) - READERS} more readers; --json lists them"
