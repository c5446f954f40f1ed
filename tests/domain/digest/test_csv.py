import csv
import io
import re
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.digest.csv import as_csv, without_formulas
from worker.domain.snapshot.snapshot import Column, Kind, Row, Table
from worker.vocabulary import VOCABULARY

COLUMNS = (Column("next_step", Kind.TEXT), Column("stall_reason", Kind.TEXT), Column("stage", Kind.TEXT))


@pytest.mark.parametrize(
    ("stored", "printed"),
    [
        (("follow_up_call", "cant_get_in_touch", "follow_up_call"), ["Call", "no reply", "follow_up_call"]),
        (("Call", "no_update:10:Offer", "Offer"), ["Call", "Offer · limit 10 d", "Offer"]),
        (("=1+1", "brand_new", None), ["'=1+1", "brand_new", ""]),
    ],
)
def test_a_file_prints_codes_in_english_words(stored: tuple[str | None, ...], printed: list[str]) -> None:
    table = Table("opportunities", COLUMNS, (Row("1", stored),), 1)
    lines = csv.reader(io.StringIO(as_csv(table, VOCABULARY.words["en"]).decode("utf-8-sig")))
    assert list(lines) == [["id", "next_step", "stall_reason", "stage"], ["1", *printed]]


def cell(text: str) -> str:
    table = Table("opportunities", (Column("title", Kind.TEXT),), (Row("1", (text,)),), 1)
    _, (_, printed) = csv.reader(io.StringIO(as_csv(table, {}).decode("utf-8-sig"), newline=""))
    return printed


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@A1",
        "\t=1",
        "\n=1",
        "\r=1",
        " =1",
        "＝1",
        "＋1",
        "－1",
        "＠A1",
        "\x00=1",
        "\u200b=1",
        "\x85=1",
    ],
)
def test_a_cell_that_a_spreadsheet_could_run_begins_with_an_apostrophe(text: str) -> None:
    assert cell(text).startswith("'")


@pytest.mark.parametrize("text", ["Acme", "1-1", "two\nlines", "–", "a\tb", "🫨"])
def test_any_other_cell_stays_what_it_is(text: str) -> None:
    assert cell(text) == text


@given(st.text(max_size=40))
def test_no_cell_holds_a_control_character_or_one_that_hides_text(text: str) -> None:
    printed = cell(text)
    assert not any(category(c) == "Cc" and c not in "\t\n" for c in printed)
    assert not set(printed) & set("\u200b\u202e\ufeff")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Acme\n=1+1", "Acme\n'=1+1"),
        ("Acme\r\n@A1", "Acme\n'@A1"),
        ("Acme;=1+1", "Acme;'=1+1"),
        ("Acme\t+1+1;x", "Acme\t'+1+1;x"),
        ("two\nlines, =1+1", "two\nlines,' =1+1"),
        ('x;"=1+1', "x;'\"=1+1"),
        ("a;-5;=b;-1+2", "a;-5;'=b;'-1+2"),
        ("a,-5;b", "a,'-5;b"),
        ('\t"-5\t- 6"', "'\t'\"-5\t'- 6\""),
        ("one; two, three\tfour - five", "one; two, three\tfour - five"),
    ],
)
def test_a_place_inside_where_a_spreadsheet_may_begin_a_cell_is_shown_too(text: str, printed: str) -> None:
    assert cell(text) == printed


ACTIVE = "=+-@＝＋－＠"
PIECES = st.sampled_from([*ACTIVE, *";,\t\n'\" 1x", "-5", "+,", "-.", "=1+1", "Acme"])


@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_separator_opens_a_cell_that_runs(text: str) -> None:
    """Read as a spreadsheet may read it: with each separator, with quotes and without. A line break that is not inside
    quotes ends a cell, whatever the separator is.
    """
    printed = cell(text)
    fields = [field for line in printed.split("\n") for sign in ";,\t" for field in line.split(sign)]
    for sign in ";,\t":
        lines = io.StringIO(f"1,{printed}", newline="")
        fields += [one for row in csv.reader(lines, delimiter=sign) for one in row]
    for field in fields:
        begun = field.lstrip(' "')
        assert not begun.startswith(tuple(ACTIVE)) or re.fullmatch(r"[+-]?[0-9][0-9.,]*%?", begun.strip(" \"'")), field


@given(st.lists(PIECES, max_size=12).map("".join))
def test_the_text_is_had_back_by_the_rule_of_the_documentation(text: str) -> None:
    """docs/operations/runs-and-deliveries.md."""
    before, blanks, number = "(?:[^\\S\t\n]|[\"'])*", "[^\\S\t\n]*", "[+-]?[0-9][0-9.,]*%?"
    inner = "|".join(
        f"(?<={sign})'(?={before}[{re.escape(ACTIVE)}])(?!{blanks}{number}{blanks}(?:[{sign}\n]|\\Z))"
        for sign in "\t\n;,"
    )
    first = f"\\A'(?=(?:\\s|[\"'])*[{re.escape(ACTIVE)}]|'*[\t\n])"
    assert re.sub(inner, "", re.sub(first, "", cell(text))) == text


def test_a_services_own_file_stays_as_it_came_unless_a_cell_would_run() -> None:
    harmless = b'user,delta\n"Ann, B",-5\nBo,+1.5%\n'
    assert without_formulas(harmless) == harmless
    told = without_formulas(b"user,delta\n=HYPERLINK(1),-5\n\xef\xbc\x9d1,2\n").decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(told, newline=""))) == [
        ["user", "delta"],
        ["'=HYPERLINK(1)", "-5"],
        ["'＝1", "2"],
    ]


def test_a_services_own_file_with_semicolons_keeps_its_numbers() -> None:
    harmless = b"user;delta\nAnn;-5\nBo;+1,5%\n"
    assert without_formulas(harmless) == harmless
    assert without_formulas(b"user;delta\nAnn;=1+1;-5\n").decode("utf-8-sig") == "user;delta\r\nAnn;'=1+1;-5\r\n"


def test_a_file_that_cannot_be_read_as_a_table_stays_as_it_came() -> None:
    long = b"user\n" + b"x" * 200_000 + b"\n=1\n"
    assert without_formulas(long) == long
