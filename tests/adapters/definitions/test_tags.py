"""`tags` and `owner` of a schedule."""

import pytest

from tests.adapters.definitions.conftest import Load
from tests.adapters.definitions.example import WEEKLY

FILE = "schedules/weekly.yaml"


def test_tags_and_an_owner_are_read_in_the_order_of_the_file(loading: Load) -> None:
    found = loading({FILE: f"owner: Mara Lee <mara@acme.example>\ntags: [weekly, sales-2]\n{WEEKLY}"})
    assert found.complaints == ()
    assert found.bundle is not None
    one = found.bundle.schedules["weekly"]
    assert (one.owner, one.tags) == ("Mara Lee <mara@acme.example>", ("weekly", "sales-2"))


def test_a_single_tag_needs_no_list_and_a_schedule_needs_neither(loading: Load) -> None:
    found = loading({FILE: f"tags: sales\n{WEEKLY}"}).bundle
    assert found is not None
    assert found.schedules["weekly"].tags == ("sales",)
    bare = loading().bundle
    assert bare is not None
    assert (bare.schedules["weekly"].owner, bare.schedules["weekly"].tags) == ("", ())


@pytest.mark.parametrize(
    ("written", "place", "found", "expected"),
    [
        ("tags: [sales, Big Deals]", "1:15", 'a tag with "Big Deals"', "lower-case letters, digits and hyphens"),
        ("tags: [sales, weekly, sales]", "1:23", "the tag `sales` for the second time", "leave it out"),
        ("tags: sales, month-end", "1:7", 'a tag with "sales, month-end"', "write a list: [sales, month-end]"),
        ("tags: sales, Big Deals", "1:7", 'a tag with "sales, Big Deals"', "lower-case letters, digits and hyphens"),
        ("tags: Größe", "1:7", 'a tag with "Größe"', "40 characters at most"),
        (f"tags: [{'a' * 41}]", "1:8", "a tag with", "40 characters at most"),
        ("tags: {a: b}", "1:7", "`tags` with a mapping", "write text"),
        ("tags:", "1:6", "`tags` with nothing", "leave the key out"),
        (f"owner: {'a' * 101}", "1:8", "`owner`", "a name or an address of 100 characters at most"),
        ('owner: "Mara\\nLee"', "1:8", "`owner`", "on one line"),
        ("owner: [a, b]", "1:8", "`owner` with a list", "write text"),
    ],
)
def test_what_is_no_tag_and_no_owner_is_named_at_its_place(
    loading: Load, written: str, place: str, found: str, expected: str
) -> None:
    (said,) = loading({FILE: f"{written}\n{WEEKLY}"}).complaints
    assert (said.path, f"{said.line}:{said.column}") == (FILE, place)
    assert found in said.found
    assert expected in said.expected
