"""Umami's own words in the languages of our digests: what its funnels count."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"visitors_head": "Visitors", "metric.value": "Value"},
    "de": {"visitors_head": "Besucher", "metric.value": "Wert"},
}
