"""What a plan says about new and changed alert rules."""

from collections import Counter
from collections.abc import Iterable, Iterator

from worker.domain.delivery import shown_reader
from worker.domain.run import stamp
from worker.flow.alert.backtest import BackTested
from worker.flow.deploy.forecast import NOISE, Forecast

READERS = 8
"""Readers that are named, those with the most messages first."""


def forecast_lines(forecasts: Iterable[Forecast]) -> Iterator[str]:
    untested = []
    for one in forecasts:
        if one.tested is None:
            untested.append(f"{one.schedule}/{one.rule} ({one.change})")
        else:
            yield from _lines(one, one.tested)
    if untested:
        told = "this alert tells" if len(untested) == 1 else "these alerts tell"
        yield f"How often {told} is not known, because no answer is stored yet: {', '.join(untested)}."


def _lines(of: Forecast, tested: BackTested) -> Iterator[str]:
    name, since = f"alert {of.schedule}/{of.rule} ({of.change})", tested.found.since
    span = f"over {tested.runs} runs since {stamp(since)}" if since is not None else ""
    reasons = Counter(one.reason.value for one in tested.findings)
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.items()) or "nothing"
    yield f"{name} would have told {told} {span}."
    rates = sorted(tested.a_week.items(), key=lambda pair: -pair[1])
    for reader, count in rates[:READERS]:
        warning = f"; more than {NOISE} a week are noise: add `for`, or raise its threshold" if count > NOISE else ""
        yield f"  {shown_reader(reader)}: {count:.1f} messages a week{warning}"
    if len(rates) > READERS:
        yield f"  and {len(rates) - READERS} more readers; --json lists them"
