"""What a message for programs says of the values that are easily got wrong: money, nulls, instants, gaps."""

from dataclasses import replace

from tests.golden.digests import KEY_GAP, NORMAL
from worker.documents.digest import digest_message
from worker.documents.digest_sections import bridge_view, key_figure, money, table
from worker.documents.digest_shapes import DigestDocument
from worker.domain.digest.model import Digest, KeyFigure
from worker.domain.digest.sections import TableSection
from worker.domain.money import Money, custom
from worker.domain.snapshot.snapshot import Column, Kind

COLUMNS = (Column("title", Kind.TEXT), Column("won_at", Kind.INSTANT), Column("value", Kind.MONEY))


def data_of(digest: Digest, text: str = "text\n") -> DigestDocument:
    return digest_message(digest, "subject", text)["data"]


def test_money_is_minor_units_with_its_number_of_decimals() -> None:
    assert money(Money(1250, "EUR")) == {"amount": 1250, "currency": "EUR", "digits": 2}
    assert money(Money(1250, "JPY")) == {"amount": 1250, "currency": "JPY", "digits": 0}
    assert money(Money(7, custom("PTS", 1, "Points"))) == {"amount": 7, "currency": "PTS", "digits": 1}


def test_a_total_of_deals_without_a_value_is_null_and_a_total_of_no_deals_is_zero() -> None:
    assert key_figure(KeyFigure("EUR", 3, 0, unvalued=3))["closing"] is None
    assert key_figure(KeyFigure("EUR", 3, 500, unvalued=2))["closing"] == 500
    assert key_figure(KeyFigure("EUR", 0, 0))["closing"] == 0


def test_a_bridge_closes_with_its_signs() -> None:
    for view in NORMAL.bridges:
        told = bridge_view(view)
        assert told["opening"] + sum(line["sign"] * line["amount"] for line in told["lines"]) == told["closing"]
        assert told["lines"]


def test_instants_in_cells_are_texts_and_nulls_stay_null() -> None:
    rows = (("Fennel Mills", 1_795_000_000_000, 100), ("Quay Dental", None, None), ("Sedge", None, 3))
    section = TableSection("deals", "opportunities", COLUMNS, rows, limit=2, before=(None, rows[1], None))
    told = table(section)
    assert told["rows"] == [["Fennel Mills", "2026-11-18T11:06:40Z", 100], ["Quay Dental", None, None]]
    assert told["before"] == [None, ["Quay Dental", None, None]]
    assert (told["hidden"], told["total"]) == (1, None)
    assert told["columns"][1] == {"name": "won_at", "kind": "instant"}
    assert table(replace(section, limit=None, before=()))["hidden"] == 0


def test_a_gap_is_named_where_its_query_is() -> None:
    told = {one["query"]: (one["gap"], one["sentence"]) for one in data_of(KEY_GAP)["sources"]}
    assert {query: gap for query, (gap, _) in told.items() if gap} == {
        line.query_id: line.gap.reason.value for line in KEY_GAP.sources if line.gap
    }
    assert all(sentence for gap, sentence in told.values() if gap)


def test_names_are_one_line_and_the_text_keeps_its_lines() -> None:
    told = data_of(replace(NORMAL, name="Week\nly \u202eevil"), text="one\ntwo\n")
    assert (told["name"], told["text"]) == ("Week ly evil", "one\ntwo\n")
