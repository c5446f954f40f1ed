"""Signed links: only what was signed with a known key of this project is read."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker.adapters.signed_links import SignedLinks
from worker.domain.delivery import Reader
from worker.domain.links import Link, Purpose
from worker.errors import RequestError

OLD, NEW = "o" * 40, "n" * 40
LINK = Link(Purpose.UNSUBSCRIBE, Reader("eu/weekly", "team", "ada@acme.example"))
LINKS = SignedLinks((NEW, OLD), "acme")
TOKEN = LINKS.sign(LINK, LINKS.key_id)


def test_a_link_is_read_as_it_was_signed() -> None:
    until = replace(LINK, purpose=Purpose.PREFERENCES, expires=datetime(2026, 12, 23, 8, tzinfo=UTC))
    for link in (LINK, until):
        assert LINKS.read(LINKS.sign(link, LINKS.key_id)) == link


def test_the_same_link_is_always_the_same_token() -> None:
    """A message is rendered again byte for byte, also by a later version: so this token may not change."""
    assert LINKS.sign(LINK, LINKS.key_id) == TOKEN
    assert SignedLinks((NEW,), "acme").sign(LINK, LINKS.key_id) == TOKEN
    assert TOKEN.split(".")[:2] == [
        "d841c914",
        "WyJ1IiwiZXUvd2Vla2x5IiwidGVhbSIsImFkYUBhY21lLmV4YW1wbGUiLG51bGxd",
    ]


def test_after_a_rotation_old_links_still_work() -> None:
    before = SignedLinks((OLD,), "acme")
    assert LINKS.read(before.sign(LINK, before.key_id)) == LINK
    assert LINKS.sign(LINK, before.key_id) == before.sign(LINK, before.key_id)
    assert SignedLinks((NEW,), "acme").read(before.sign(LINK, before.key_id)) is None
    with pytest.raises(RequestError, match="FUNNELBEAT_LINK_KEY"):
        SignedLinks((NEW,), "acme").sign(LINK, before.key_id)


def test_another_project_with_the_same_key_accepts_nothing_of_this_one() -> None:
    assert SignedLinks((NEW,), "other").read(TOKEN) is None


def test_without_a_key_nothing_is_signed_or_read() -> None:
    none = SignedLinks((), "acme")
    assert none.key_id == ""
    assert none.read(TOKEN) is None


def test_a_key_is_not_shown_by_its_id() -> None:
    assert LINKS.key_id not in NEW
    assert NEW not in TOKEN


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="utf-8"))
@example(len(TOKEN) - 1, chr(ord(TOKEN[-1]) + 1))
@example(len(TOKEN) - 1, chr(ord(TOKEN[-1]) - 1))
def test_a_token_with_one_other_character_says_nothing(at: int, other: str) -> None:
    changed = TOKEN[:at] + other + TOKEN[at + 1 :]
    assert changed == TOKEN or LINKS.read(changed) is None


@given(st.text())
def test_no_text_makes_an_error(text: str) -> None:
    assert LINKS.read(text) is None
    assert LINKS.read(f"{LINKS.key_id}.{text}") is None
