"""The schedules of the soak: many with five readers each, and a few that always fail."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.installation import SHORT
from worker.sandbox.webhook_receiver import SECRET

TIMES = replace(SHORT, run_lease=2.0, heartbeat=0.5, delivery_lease=2.0, lookup_after=1.0, resend_after=1.0)

PROJECT = """
project: acme
connections:
  close: {type: sandbox}
  dark: {type: close, api_key: api_nobody, base_url: "CLOSE/nowhere"}
channels:
  mail: {type: sandbox}
  chat: {type: sandbox}
  hook-0: {type: slack, webhook_url: "WEBHOOK?0"}
  hook-1: {type: slack, webhook_url: "WEBHOOK?1"}
  signed: {type: webhook, url: "RECEIVER/soak", secret: "KEY"}
  shelf: {type: file, directory: "FILES", format: json}
defaults: {timezone: Europe/Berlin, operator: ops@acme.example}
people:
  user_1AnnaQ7hTzXk5VbLm2RwPs9DcNf: {chat: U0123456789}
  user_2BenW3kMvYd8GhQt6ZxRj4LnSp: {chat: U0123456790}
""".replace("KEY", SECRET)

MAIN = """
name: Everybody {n}
when: {{every: {every}s, catch_up: {catch_up}}}
within: 5m
report:
  - {{id: totals, source: close, query: funnel_totals, window: this-month,
     params: {{pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, type: active-stage-cohort}}}}
  - {{id: deals, source: close, query: opportunities, follow: closed,
     params: {{pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}}}}
digest: {{bridge: deals}}
to:
  - {{id: team, channel: mail, address: team{n}@acme.example}}
  - {{id: room, channel: chat, address: C0000000{n:02}{attach}}}
  - {{id: hook, channel: hook-{odd}}}
  - {{id: signed, channel: signed}}
  - {{id: shelf, channel: shelf, attach: [deals]}}
"""

_REPORT = """report:
  - {id: totals, source: close, query: funnel_totals, window: this-month,
     params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, type: active-stage-cohort}}
  - {id: deals, source: close, query: opportunities, follow: closed,
     params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}}
digest: {bridge: deals}
"""

DARK = """
name: Nothing can be fetched
when: {every: 6s, catch_up: all}
within: 20s
report:
  - {id: totals, source: dark, query: funnel_totals, window: this-month,
     params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, type: active-stage-cohort}}
to:
  - {id: team, channel: mail, address: dark@acme.example}
"""

GONE = f"""
name: Nobody lives there
when: {{every: 4s, catch_up: all}}
within: 5m
{_REPORT}to:
  - {{id: gone, channel: mail, address: gone@acme.example}}
"""

TORN = f"""
name: The template does not render
when: {{every: 4s, catch_up: all}}
within: 5m
{_REPORT}to:
  - {{id: torn, channel: mail, address: torn@acme.example, template: torn}}
"""

HELD = f"""
name: Rather silent than twice
when: {{every: 4s, catch_up: all}}
within: 5m
{_REPORT}to:
  - {{id: held, channel: mail, address: held@acme.example, on_unknown: hold}}
"""

OWNED = f"""
name: Everybody their own
when: {{every: 6s, catch_up: all}}
within: 5m
{_REPORT}to:
  - {{id: owners, channel: mail, each: owner, unassigned: rest@acme.example, attach: [deals]}}
  - {{id: seats, channel: chat, each: owner, unassigned: C0000000090, attach: [deals]}}
  - {{id: large, channel: mail, address: large@acme.example, rows: "row.value >= 20000", attach: [deals]}}
  - {{id: ample, channel: chat, address: C0000000091, rows: "row.value >= 20000", attach: [deals]}}
"""

WATCHED = f"""
name: What goes on firing
when: {{every: 6s, catch_up: all}}
within: 5m
{_REPORT.replace("digest: {bridge: deals}", "")}alerts:
  - id: large
    for_each: deals
    if: row.value >= 20000
    repeat: 1s
    notify:
      - {{id: watch, channel: mail, address: watch@acme.example}}
      - {{id: bell, channel: chat, address: C0000000092}}
"""

TORN_TEMPLATE = "{{ digest.no_such_thing.at_all }}\n"
# They catch everything up: under fire a run takes longer than their interval, and would be superseded.
SPECIAL = {"dark": DARK, "gone": GONE, "torn": TORN, "held": HELD, "owned": OWNED, "watched": WATCHED}
ENDLESS = 10_000
"""How often an address is refused: for ever, as far as one soak goes."""


def main_schedules(count: int, slowest: int) -> dict[str, str]:
    """Every other one catches everything up, so that nothing of it may be superseded; one has a file in its thread.

    A room takes one post a second and a digest has several; one webhook is for every other schedule.
    """
    made = {}
    for n in range(count):
        catch_up = "all" if n % 2 == 0 else "latest"
        attach = ", attach: [deals]" if n == 1 else ""
        made[f"main-{n}"] = MAIN.format(n=n, odd=n % 2, every=slowest - n % 4, catch_up=catch_up, attach=attach)
    return made


def at_rest(text: str) -> str:
    """The same schedule, firing no more while the soak ends."""
    head, _, rest = text.partition("every: ")
    _, _, tail = rest.partition("s")
    return f"{head}every: 23h{tail}"


def rare(*values: Any) -> Any:
    """A case of the long form alone: each takes several leases."""
    return pytest.param(*values, marks=pytest.mark.soak)
