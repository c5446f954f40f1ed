"""A list of stalled deals: at most five are named, the others are counted, and a service's own word is used."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.golden import two_mondays
from tests.golden.digests import NORMAL, STALLED
from tests.measured.mails import entry
from tests.rendering.test_templates import mail
from tests.support.contents import mail_of, posts_of
from tests.support.slack_golden import printed, rendered
from worker.domain.digest.model import Deal, Digest, OwnerGroup
from worker.domain.money import Money
from worker.sources.pipedrive.kind import PIPEDRIVE


def many(count: int, *, limit: int | None = None, still: int = 0) -> Digest:
    """Stalled deals of two owners, the last of them the largest."""
    deals = [
        Deal(f"d{n}", f"Firm {n:02}", f"o{n % 2}", ("Ann", "Bo")[n % 2], "Demo", Money(10_000 * (n + 1), "EUR"))
        for n in range(count + still)
    ]
    new = deals[:count]
    groups = tuple(
        OwnerGroup(owner, new[at].owner, tuple(new[at::2]), (Money(1, "EUR"),)) for at, owner in enumerate(("o0", "o1"))
    )
    section = replace(
        STALLED,
        newly=groups,
        newly_count=count,
        newly_totals=(Money(1, "EUR"),),
        moving_again=(),
        left=(),
        still=tuple(deals[count:][::-1]),
        still_count=still,
        still_longest=deals[-1] if still else None,
        limit=limit,
    )
    return replace(NORMAL, moves=(), stalled=(section,))


def plain(text: str) -> str:
    return " ".join(text.replace("\xa0", " ").replace("&nbsp;", " ").split())


def named(text: str) -> list[int]:
    return [n for n in range(20) if f"Firm {n:02}" in text]


def test_five_newly_stalled_deals_are_named_and_the_others_counted_with_their_value() -> None:
    made = mail(many(12))
    for text in (made.text, made.html):
        assert named(text) == [7, 8, 9, 10, 11]
        assert "7 more, €2,800, not listed here" in plain(text)
    posts = printed(rendered(many(12)).posts)
    assert named(posts) == [7, 8, 9, 10, 11]
    assert "7 more" in plain(posts)


def test_show_limit_says_otherwise() -> None:
    assert named(mail(many(12, limit=8)).text) == [4, 5, 6, 7, 8, 9, 10, 11]
    assert named(mail(many(12, limit=2)).text) == [10, 11]


def test_the_largest_of_those_that_stalled_before_fill_the_five() -> None:
    made = mail(many(3, still=6))
    for text in (made.text, made.html):
        assert named(text) == [0, 1, 2, 7, 8]
        assert "4 more not listed here, €2,200" in plain(text)
    assert named(mail(many(5, still=6)).text) == [0, 1, 2, 3, 4, 10], "the longest is named in one line"


WORDS = {
    "en_GB": (("Deals that rot", "newly rotting", "Still rotting", "limit 14"), ("stalled",)),
    "de_DE": (("Überfällige Deals", "neu überfällig", "Weiter überfällig", "Grenze 14"), ("stocken",)),
}


@pytest.mark.parametrize("locale", sorted(WORDS))
async def test_deals_that_rot_are_called_so_wherever_they_are_spoken_of(tmp_path: Path, locale: str) -> None:
    said, unsaid = WORDS[locale]
    digest = [one async for one in two_mondays.mondays("pipedrive-week", tmp_path)][-1]
    ours = [line for line in digest.sources if line.stalled and not line.words]
    assert ours, "the list by a rule of ours is called by another name, and only in Sources"
    digest = replace(digest, changes=(), sources=tuple(line for line in digest.sources if line not in ours))
    made = mail_of(digest, entry(locale))
    posts = printed(posts_of(digest, replace(entry(locale), channel="slack")).posts)
    for text in (made.text, made.html, posts):
        for words in said:
            assert words.lower() in plain(text).lower(), words
        for words in unsaid:
            assert words not in plain(text).lower()
    assert said[1] in made.subject


def test_deals_that_stall_by_a_rule_of_ours_do_not_rot() -> None:
    spec = PIPEDRIVE.queries["stalled_deals"]
    assert spec.traits({"rule": "rotting"}).presentation.stalled == spec.traits({}).presentation.stalled == "rotting"
    assert spec.traits({"rule": "days_in_stage", "days": 9}).presentation.stalled == ""


def owners(names: tuple[str | None, ...]) -> Digest:
    """One newly stalled deal of each owner; None has no owner."""
    deals = [
        Deal(f"d{n}", f"Firm {n}", name and f"o{n}", name, "Demo", Money(10_000 * (9 - n), "EUR"))
        for n, name in enumerate(names)
    ]
    groups = tuple(OwnerGroup(deal.owner_id, deal.owner, (deal,), (deal.annual,)) for deal in deals if deal.annual)
    section = replace(STALLED, newly=groups, newly_count=len(groups), moving_again=(), left=(), still=(), still_count=0)
    return replace(NORMAL, moves=(), stalled=(section,))


@pytest.mark.parametrize(
    ("locale", "names", "words"),
    [
        ("en_GB", ("Ann", "Bo", "Cy", "Di", "Eve"), "Di 1, 1 more person"),
        ("en_GB", ("Ann", "Bo", "Cy", "Di", "Eve", "Flo"), "Di 1, 2 more people"),
        ("de_DE", ("Ann", "Bo", "Cy", "Di", "Eve"), "Di 1, 1 weitere Person"),
        ("de_DE", ("Ann", "Bo", "Cy", "Di", "Eve", "Flo"), "Di 1, 2 weitere Personen"),
        ("en_GB", ("Ann", "Bo", "Cy", "Di", "Eve", None), "Di 1, 2 more "),
    ],
)
def test_owners_who_are_not_named_are_counted_as_people(locale: str, names: tuple[str | None, ...], words: str) -> None:
    made = mail_of(owners(names), entry(locale))
    for text in (made.text, re.sub(r"<[^>]*>", "", made.html)):
        seen = plain(text).replace("\u2068", "").replace("\u2069", "")
        assert words in seen
        assert ("more person" in seen or "more people" in seen or "weitere Person" in seen) is (None not in names)
