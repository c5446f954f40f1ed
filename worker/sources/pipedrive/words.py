"""Pipedrive's own words in the languages of our digests: its sums, and why a deal stalls under each rule.

The values of a stall reason are those that stalls.py puts after its code, in that order.
"""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "metric.count": "Deals",
        "metric.value": "Value",
        "metric.weighted_value": "Weighted value",
        "stall_reason.rotten": "rotten",
        "stall_reason.no_update.one": "no update for {1} day in {2}",
        "stall_reason.no_update.other": "no update for {1} days in {2}",
        "stall_reason.days_in_stage.one": "in its stage for {1} day",
        "stall_reason.days_in_stage.other": "in its stage for {1} days",
        "stall_reason.no_next_activity": "no next activity",
        "stall_reason.idle": "idle for longer than {1} % of deals needed in {3} ({2} d)",
    },
    "de": {
        "metric.count": "Deals",
        "metric.value": "Wert",
        "metric.weighted_value": "Gewichteter Wert",
        "stall_reason.rotten": "vernachlässigt",
        "stall_reason.no_update.one": "seit {1} Tag ohne Änderung in {2}",
        "stall_reason.no_update.other": "seit {1} Tagen ohne Änderung in {2}",
        "stall_reason.days_in_stage.one": "seit {1} Tag in der Phase",
        "stall_reason.days_in_stage.other": "seit {1} Tagen in der Phase",
        "stall_reason.no_next_activity": "keine nächste Aktivität",
        "stall_reason.idle": "länger ohne Änderung, als {1} % der Deals in {3} brauchten ({2} T.)",
    },
}
