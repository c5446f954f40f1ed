"""Alerts of the weekly schedule, which the tests then break."""

from tests.adapters.definitions.example import WEEKLY

ALERTS = """\
alerts:
  - id: big-stalled
    name: Big deals that stall
    for_each: deals
    if: row.stalled && row.currency == "EUR" && row.value >= 50000
    until: "!row.stalled || row.value < 45000"
    for: 2h
    keep_firing: 1h
    repeat: 1d
    severity: {critical: row.value >= 200000}
    labels: {team: sales}
    group: rule
    notify: [team, {id: boss, channel: email, address: boss@ACME.example}]
    no_data: alert
    after: 5
  - id: five
    for_each: {rows: deals, by: owner}
    if: group.count >= 5 && group.value["EUR"] > 100000
    severity: critical
    resolved: false
  - id: lost
    for_each: deals.removed
    if: change.why == "lost" && row.value > 20000 && row.currency == "EUR"
  - {id: few, on: funnel, if: 'now["won.count"] < 5 && compared != null'}
  - {id: people, for_each: funnel.users, if: row.count < 5}
inhibit:
  - {source: five, target: big-stalled, equal: owner}
"""
WITH_ALERTS = WEEKLY + ALERTS
LINES = len(WEEKLY.splitlines())
