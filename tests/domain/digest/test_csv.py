import csv
import io

import pytest

from worker.domain.digest.csv import as_csv
from worker.domain.snapshot.snapshot import Column, Kind, Row, Table
from worker.vocabulary import VOCABULARY

COLUMNS = (Column("next_step", Kind.TEXT), Column("stall_reason", Kind.TEXT), Column("stage", Kind.TEXT))


@pytest.mark.parametrize(
    ("stored", "printed"),
    [
        (("follow_up_call", "cant_get_in_touch", "follow_up_call"), ["Call", "no reply", "follow_up_call"]),
        (("Call", "no_update:10:Offer", "Offer"), ["Call", "no update for 10 days in Offer", "Offer"]),
        (("=1+1", "brand_new", None), ["'=1+1", "brand_new", ""]),
    ],
)
def test_a_file_prints_codes_in_english_words(stored: tuple[str | None, ...], printed: list[str]) -> None:
    table = Table("opportunities", COLUMNS, (Row("1", stored),), 1)
    lines = csv.reader(io.StringIO(as_csv(table, VOCABULARY.words["en"]).decode("utf-8-sig")))
    assert list(lines) == [["id", "next_step", "stall_reason", "stage"], ["1", *printed]]
