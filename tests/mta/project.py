"""A project whose readers and channels are those of the cases."""

from collections.abc import Iterable

from tests.mta.cases import Case
from tests.mta.postfix import SENDER, Postfix
from tests.support.in_process import SCHEDULE

REPORT = SCHEDULE.partition("to:\n")[0]
_PROJECT = """
project: acme
connections: {{close: {{type: sandbox}}}}
channels:
{channels}
defaults: {{timezone: Europe/Berlin, operator: ops@acme.example}}
"""


def project(mx: Postfix, cases: Iterable[Case]) -> str:
    """funnelbeat.yaml. The operator's notices go through `mail`, which stands first."""
    channels = {"mail": _channel(mx, Case.url, Case.more)}
    channels |= {case.channel: _channel(mx, case.url, case.more) for case in cases}
    return _PROJECT.format(channels="\n".join(f"  {name}: {written}" for name, written in channels.items()))


def _channel(mx: Postfix, url: str, more: str) -> str:
    written = ", ".join(part for part in (f'url: "{url.format(**mx.ports)}"', more) if part)
    return f'{{type: email, {written}, from: "Pipeline <{SENDER}>"}}'


def schedule(cases: Iterable[Case]) -> str:
    entries = [f"  - {{id: r{n}, channel: {case.channel}, address: {case.address}}}\n" for n, case in enumerate(cases)]
    return f"{REPORT}to:\n{''.join(entries)}"
