"""A mistake in YAML is named where it was made, with its cause. The parser notices many only in a later line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.adapters.definitions.yaml_nodes import parse

SET_IN = "which has a value; line the two up"
END = "put text that starts with # in quotes"
NO_BLANK = "without a blank after it; write a blank after the colon"
VALUE = "write a comma, or put all of the value in quotes"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: a\nowner:Mara Lee\nzone: y\n", f"2:1: `owner:` {NO_BLANK}"),
        ("owner:Mara Lee\nzone: y\n", f"1:1: `owner:` {NO_BLANK}"),
        ("to:\n  - id:a\n    owner: Mara\n", f"2:5: `id:` {NO_BLANK}"),
        ("a: 1\r\nowner:Mara Lee\r\nzone: y\r\n", f"2:1: `owner:` {NO_BLANK}"),
        ("a: {name: A, color: #7A1F3D}\nb: 1\n", f"1:21: `#`, which begins a comment here; {END}"),
        ("a: [A, #7A1F3D, x]\nb: 1\n", f"1:8: `#`, which begins a comment here; {END}"),
        ("a: [sales, month\nb: 3\nc: [x]\n", "1:4: `[` that is not closed; write `]` at its end"),
        ("a: [sales, # the [team]\n  month\nb: 3\n", f"1:12: `#`, which begins a comment here; {END}"),
        ("a: [sales, # of the team\n  month\nb: 3\n", "1:4: `[` that is not closed; write `]` at its end"),
        ("a: {\n  b: 1,\n  c: 2\n  d: 3\n}\n", f"4:4: something after a value inside of brackets; {VALUE}"),
        ("a: {t: 'Mara's', b: 1}\n", f"1:14: something after a value inside of brackets; {VALUE}"),
        ("a: {b: [1, 2}\n", "1:13: `}` where `[` at 1:8 is still open; write `]` before it"),
        ("a: {b: 1}}\nc: 2\n", "1:10: `}` without `{` before it; take it out"),
        ("a:\n  - [b]]\n  - c\n", "2:8: `]` without `[` before it; take it out"),
        ("a:\nlogo: Acme\n  zone: y\n", f"3:3: `zone` set in deeper than `logo` in line 2, {SET_IN}"),
        (
            "a:\n  text\n  zone: y\n",
            "3:3: `zone:` in the middle of a text; line it up with the keys above, or quote the text",
        ),
        (
            "a: 'x' y\nb: 1\n",
            "1:8: text after a value that is complete; take it out, or put all of the value in quotes",
        ),
        ("a: b: c\n", "1:5: a second colon in one line; put text with `: ` in quotes"),
        ("a: http://x: y\n", "1:12: a second colon in one line; put text with `: ` in quotes"),
    ],
)
def test_a_mistake_is_named_where_it_was_made(text: str, said: str) -> None:
    document, complaints = parse(text.encode(), "f.yaml")
    assert (document, [str(one) for one in complaints]) == (None, [f"f.yaml:{said}"])


def test_the_value_of_a_key_without_a_blank_is_not_shown() -> None:
    """It may be a secret."""
    _, (complaint,) = parse(b"a: 1\npassword:hunter2\nb: 1\n", "f.yaml")
    assert "hunter2" not in str(complaint)


PIECES = [
    "a",
    "b:",
    ": ",
    "\n",
    "\r",
    "\r\n",
    "\u2028",
    "  ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "#",
    " #",
    "'",
    '"',
    "\\",
    "1",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_any_mixture_of_signs_is_read_or_told_at_a_place_of_the_file(pieces: list[str]) -> None:
    text = "".join(pieces)
    document, complaints = parse(text.encode(), "f.yaml")
    assert document is not None or complaints
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").split("\n")
    assert all(1 <= one.line <= len(lines) + 1 and one.column >= 1 for one in complaints)
