"""A digest that is sent because something changed names what changed, and one that says nothing changed was not."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.builders import LAST_WEEK, answer, deal, open_deals, schedule
from tests.domain.digests import digest, totals, totals_item
from tests.measured.mails import entry
from tests.rendering.test_templates import ENTRY, mail
from tests.support.contents import mail_of, posts_of, templates
from tests.support.slack_golden import printed
from worker.domain.decide import decide
from worker.domain.digest.model import Digest
from worker.domain.reason import Reason
from worker.domain.schedule import Follow, Query, Send
from worker.domain.snapshot.snapshot import Row
from worker.ports.channels import RenderRequest

NOTHING = ("Nothing moved", "No deal added, changed", "No deal was added, changed", "same figures")


def composed(now: list[Row], before: list[Row], item: Query | None = None) -> Digest:
    item = item or open_deals()
    plan = schedule(item, bridge=item.id if item.follow is not Follow.NONE else None)
    return digest(plan, [answer(now, query=item.id, followed=[])], [answer(before, query=item.id, at=LAST_WEEK)])


def text(found: Digest) -> str:
    return " ".join(next(templates(None).pages(RenderRequest(found, ENTRY, ()))).fill("email.txt.j2").split())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stage_id": "stat_offer", "stage": "Offer", "stage_order": 3}, "1 changed stage"),
        ({"owner_id": "user_bo", "owner": "Bo"}, "1 changed owner"),
        ({"expected_close": "2026-12-01"}, "1 with another closing date"),
        ({"status": "won"}, "1 won"),
        ({"stalled": True}, "1 stalled or resumed"),
    ],
)
def test_a_deal_that_changed_in_place_is_named(change: dict[str, Any], words: str) -> None:
    found = composed([deal("a", 500, **change), deal("b")], [deal("a", 500), deal("b")], open_deals(status_type=None))
    assert found.changed
    made = mail(found)
    for message in (made.text, made.html, printed(posts_of(found, ENTRY).posts)):
        seen = " ".join(message.replace("&nbsp;", " ").split())
        assert words in seen
        assert not [word for word in NOTHING if word in seen]


@pytest.mark.parametrize("count", [1, 2])
def test_a_change_of_stalling_is_named_in_german_as_a_german_would(count: int) -> None:
    keys = "ab"[:count]
    found = composed([deal(key, stalled=True) for key in keys], [deal(key) for key in keys])
    seen = " ".join(mail_of(found, entry("de_DE")).text.split())
    assert f"{count} neu stockend oder wieder in Bewegung" in seen


def test_a_list_that_nobody_follows_names_who_came_and_went() -> None:
    item = replace(open_deals(), follow=Follow.NONE)
    found = text(composed([deal("a", 900), deal("b")], [deal("a", 500), deal("c")], item))
    assert "Changed: 1 added, 1 gone, 1 with another value" in found


def test_what_moved_the_number_is_not_said_twice() -> None:
    now = [deal("a", 900, stage_id="x"), deal("b", 500, expected_close="2026-12-01")]
    found = text(composed(now, [deal("a", 500), deal("b", 500)]))
    assert "Why: 1 raised" in found
    assert "Changed: 1 changed stage, 1 with another closing date" in found


def test_a_change_elsewhere_is_named_where_the_deals_stand_still() -> None:
    plan, same = schedule(open_deals(), totals_item(), bridge="deals"), [deal("a")]
    past = [answer(same, at=LAST_WEEK), replace(totals(3), slot=LAST_WEEK)]
    found = digest(plan, [answer(same, followed=[]), totals(4)], past)
    assert "Changed: Funnel totals: Won" in text(found)
    assert "Nothing moved" not in text(found)


def test_a_report_without_deals_that_stands_still_does_not_speak_of_deals() -> None:
    found = digest(schedule(totals_item()), [totals(3)], [replace(totals(3), slot=LAST_WEEK)])
    assert not found.changed
    for message in (text(found), mail(found).html, printed(posts_of(found, ENTRY).posts)):
        assert "The same figures as in your last digest" in " ".join(message.split())
        assert "deal" not in message.replace("deals_head", "").lower()


CELLS = st.fixed_dictionaries(
    {
        "value": st.sampled_from([None, 0, 500, 900]),
        "currency": st.sampled_from(["EUR", "USD"]),
        "period": st.sampled_from(["annual", "monthly"]),
        "owner_id": st.sampled_from([None, "user_ann", "user_bo"]),
        "stage_id": st.sampled_from(["stat_demo", "stat_offer"]),
        "status": st.sampled_from(["open", "open", "won", "lost"]),
        "expected_close": st.sampled_from([None, "2026-12-01"]),
        "confidence": st.sampled_from([10, 90]),
        "title": st.sampled_from(["One", "Two"]),
    }
)
LISTS = st.dictionaries(st.sampled_from("abcd"), CELLS, max_size=4)


def rows(cells: dict[str, dict[str, Any]]) -> list[Row]:
    return [deal(key, **one) for key, one in cells.items()]


@given(
    now=LISTS,
    before=LISTS,
    won=st.tuples(st.sampled_from([1, 2]), st.sampled_from([1, 2])),
    follow=st.sampled_from([Follow.NONE, Follow.CLOSED]),
    watch=st.sampled_from([(), ("title",), ("confidence", "value")]),
    key=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_a_digest_that_is_sent_for_a_change_names_it_and_one_that_names_none_was_not(
    now: dict[str, Any], before: dict[str, Any], won: tuple[int, int], follow: Follow, watch: tuple[str, ...], key: bool
) -> None:
    item = replace(open_deals(status_type=None), follow=follow, watch=watch)
    report = (item, replace(totals_item(), watch=watch)) if key else (totals_item(),)
    plan = schedule(*report, bridge="deals" if key and follow is not Follow.NONE else None)
    past = [answer(rows(before), at=LAST_WEEK), replace(totals(won[0]), slot=LAST_WEEK)]
    found = digest(plan, [answer(rows(now), followed=[]), totals(won[1])], past)
    sent = decide(Send.ON_CHANGE, found).reason is Reason.CHANGED
    seen = text(found)
    assert sent is found.changed is bool(found.changes)
    assert sent or "Changed:" not in seen
    assert not sent or "Changed:" in seen or (key and "Why:" in seen) or (not key and "since Mon 9 Nov" in seen)
    assert not sent or not [word for word in NOTHING if word in seen]
