"""Pipedrive's own words in the languages of our digests: its sums, and why a deal stalls under each rule.

The values of a stall reason are those that stalls.py puts after its code, in that order.
"""

from collections.abc import Mapping

from worker.domain.snapshot.notes import words_of
from worker.sources.pipedrive.notes import NOTES

_EN: dict[str, str] = {
    "metric.count": "Deals",
    "metric.value": "Value",
    "metric.weighted_value": "Weighted value",
    "table.people": "People",
    "metric.user": "Person",
    "metric.won_value": "Won, of closed",
    "metric.open_value": "Open now",
    "metric.won_deals_value": "Won",
    "metric.company_won_share_of_ended": "Won, of closed",
    "metric.chosen_won_share_of_ended": "Won, of closed",
    "said.won_deals_value": "{value} won",
    "said.value": "{value} open",
    "said.company_won_share_of_ended": "{value} won of closed",
    "said.new.one": "{n}\u00a0new",
    "said.new.other": "{n}\u00a0new",
    "said.lost.one": "{n}\u00a0lost",
    "said.lost.other": "{n}\u00a0lost",
    "said.open_deals.one": "{n}\u00a0deal",
    "said.open_deals.other": "{n}\u00a0deals",
    "stall_reason.rotten": "rotten",
    "stall_reason.no_update.one": "no update for {1} day in {2}",
    "stall_reason.no_update.other": "no update for {1} days in {2}",
    "stall_reason.days_in_stage.one": "in its stage for {1} day",
    "stall_reason.days_in_stage.other": "in its stage for {1} days",
    "stall_reason.no_next_activity": "no next activity",
    "stall_reason.idle": "idle for longer than {1} % of deals needed in {3} ({2} d)",
}

_DE: dict[str, str] = {
    "metric.count": "Deals",
    "metric.value": "Wert",
    "metric.weighted_value": "Gewichteter Wert",
    "table.people": "Personen",
    "metric.user": "Person",
    "metric.won_value": "Gewonnen, von",
    "metric.open_value": "Offen",
    "metric.won_deals_value": "Gewonnen",
    "metric.company_won_share_of_ended": "Gewonnen, von abgeschlossenen",
    "metric.chosen_won_share_of_ended": "Gewonnen, von abgeschlossenen",
    "said.won_deals_value": "{value} gewonnen",
    "said.value": "{value} offen",
    "said.company_won_share_of_ended": "{value} gewonnen von abgeschlossenen",
    "said.new.one": "{n}\u00a0neu",
    "said.new.other": "{n}\u00a0neu",
    "said.lost.one": "{n}\u00a0verloren",
    "said.lost.other": "{n}\u00a0verloren",
    "said.open_deals.one": "{n}\u00a0Deal",
    "said.open_deals.other": "{n}\u00a0Deals",
    "stall_reason.rotten": "vernachlässigt",
    "stall_reason.no_update.one": "seit {1} Tag ohne Änderung in {2}",
    "stall_reason.no_update.other": "seit {1} Tagen ohne Änderung in {2}",
    "stall_reason.days_in_stage.one": "seit {1} Tag in der Phase",
    "stall_reason.days_in_stage.other": "seit {1} Tagen in der Phase",
    "stall_reason.no_next_activity": "keine nächste Aktivität",
    "stall_reason.idle": "länger ohne Änderung, als {1} % der Deals in {3} brauchten ({2} T.)",
}

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {**_EN, **words_of(NOTES, "en")},
    "de": {**_DE, **words_of(NOTES, "de")},
}
