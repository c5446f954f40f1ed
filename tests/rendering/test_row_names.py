"""What a row is called whose name is missing."""

import pytest

from worker.domain.snapshot.snapshot import Column, Kind
from worker.rendering.wording import Wording
from worker.sources.close.groups import NO_DATE, NO_OWNER, SUMS
from worker.sources.close.words import WORDS
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "UTC", 2026, VOCABULARY.words)
DE = Wording("de_DE", "UTC", 2026, VOCABULARY.words)


@pytest.mark.parametrize(
    ("column", "cell", "english", "german"),
    [
        ("label", NO_OWNER, "No owner", "Niemand zuständig"),
        ("label", NO_DATE, "No date", "Ohne Datum"),
        ("owner", None, "No owner", "Niemand zuständig"),
        ("owner", "", "No owner", "Niemand zuständig"),
        ("owner", "\u200b", "No owner", "Niemand zuständig"),
        ("stage", None, "No stage", "Ohne Phase"),
        ("country", None, "Not known", "Nicht bekannt"),
        ("name", "", "No name", "Ohne Namen"),
        ("name", "none/none", "none/none", "none/none"),
    ],
)
def test_a_row_without_a_name_says_what_is_missing(column: str, cell: str | None, english: str, german: str) -> None:
    for wording, expected in ((EN, english), (DE, german)):
        assert wording.row_name(cell, Column(column, Kind.TEXT)) == expected


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_figure_beside_groups_has_its_words(language: str) -> None:
    names = (*SUMS, *(f"count_by_value_period.{period}" for period in ("one_time", "monthly", "annual")))
    for name in ("label", "total_results", *names):
        assert f"metric.{name}" in WORDS[language]
