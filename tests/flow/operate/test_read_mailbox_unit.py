"""Reads the mailbox of bounces: what is written, what is marked as read, and in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import (
    BOUNCE,
    READER,
    SENT,
    WEEKLY,
    Chosen,
    Deployed,
    Emitted,
    FixedClock,
    KnownDeliveries,
    Reads,
    Suspends,
    Takes,
    bundle_with,
    uses,
)
from worker.domain.events import MailboxRead, MailboxUnreadable, Suspended
from worker.domain.links import Link, Purpose
from worker.errors import ClaimLost, MailboxError
from worker.flow.operate.bounces import Followed
from worker.flow.operate.read_mailbox import MailFollowed, followed_by_mail, read_mailbox
from worker.ports.bounces import MailboxPage, MailboxTurn, Mark, ReturnedMail

SUBJECT = "address mail team@acme.example"
UNKNOWN = replace(BOUNCE, identity="0" * 32)
MAILS = (ReturnedMail(1, BOUNCE), ReturnedMail(2), ReturnedMail(3, UNKNOWN), ReturnedMail(4, token="t"))


class Letters:
    """Two pages. `broken`: the second cannot be read."""

    def __init__(self, acts: list[str], *, broken: bool = False) -> None:
        self.acts, self.broken = acts, broken

    async def page(self, after: Mark | None, limit: int) -> MailboxPage:
        if after is not None and self.broken:
            raise MailboxError("gone")
        return MailboxPage(MAILS if after is None else (), Mark(7, 4), more=after is None)


class Box(Letters):
    """`acts`: what was done, in order."""

    async def mark_read(self, numbers: Sequence[int]) -> None:
        self.acts.append(f"marked {list(numbers)}")

    async def aclose(self) -> None:
        self.acts.append("closed")


class Turns:
    def __init__(self, acts: list[str], turn: MailboxTurn | None) -> None:
        self.acts, self.turn = acts, turn

    async def take(self, channel: str) -> MailboxTurn | None:
        return self.turn


class Memory(Turns):
    """The turn 99 has lapsed."""

    async def read_to(self, channel: str, turn: MailboxTurn, mark: Mark, counts: Mapping[str, int]) -> None:
        if turn.number == 99:
            raise ClaimLost(channel)
        self.acts.append(f"read to {mark.number}")

    async def leave(self, channel: str, turn: MailboxTurn, trouble: str = "") -> None:
        self.acts.append(f"left {trouble}".strip())


FIRST = MailboxTurn(1)


def given(acts: list[str], letters: Any = None, turn: MailboxTurn | None = FIRST) -> Any:
    return uses(
        clock=FixedClock(),
        connectors=uses(takes=Takes("mail").takes, bounce_mailbox=lambda _bundle, _channel: letters or Box(acts)),
        deliveries=Suspends(),
        deployments=Deployed(bundle_with(WEEKLY, operator="ops@acme.example")),
        events=Emitted(),
        links=Reads(Link(Purpose.UNSUBSCRIBE, READER)),
        lookups=KnownDeliveries(SENT),
        mailboxes=Memory(acts, turn),
        subscriptions=Chosen(),
    )


async def test_what_mails_lead_to_is_written_before_they_are_marked_and_noted() -> None:
    acts: list[str] = []
    made = given(acts)
    found = await read_mailbox(made, "mail")
    assert found == {
        Followed.SUSPENDED: 1, Followed.NOT_OURS: 1, MailFollowed.UNSUBSCRIBED: 1, MailFollowed.NO_REPORT: 1,
    }  # fmt: skip
    assert acts == ["marked [1, 4]", "read to 4", "marked []", "read to 4", "closed", "left"]
    assert list(made.deliveries.stopped) == [SUBJECT]
    assert list(made.subscriptions.said) == [READER.id]
    told = [fact for fact in made.events.facts if isinstance(fact, MailboxRead)]
    assert [(fact.mails, "1 suspended" in fact.followed) for fact in told] == [(4, True)]


async def test_a_mailbox_that_breaks_off_keeps_what_was_dealt_with_and_says_why() -> None:
    acts: list[str] = []
    made = given(acts, Box(acts, broken=True))
    assert await read_mailbox(made, "mail") is None
    assert acts == ["marked [1, 4]", "read to 4", "closed", "left gone"]
    assert MailboxUnreadable(None, "mail", "gone") in made.events.facts


async def test_dealing_with_a_page_twice_is_the_same_as_once() -> None:
    made = given([])
    page = MailboxPage(MAILS, Mark(7, 4))
    once, twice = [await followed_by_mail(made, page) for _ in range(2)]
    assert (once[1], twice[1]) == (Followed.SUSPENDED, Followed.ALREADY)
    assert {number: once[number] == twice[number] for number in (2, 3, 4)} == {2: True, 3: True, 4: True}
    assert len([fact for fact in made.events.facts if isinstance(fact, Suspended)]) == 1


async def test_who_lost_the_turn_stops_and_leaves_it_to_the_other() -> None:
    acts: list[str] = []
    with pytest.raises(ClaimLost):
        await read_mailbox(given(acts, turn=MailboxTurn(99)), "mail")
    assert acts == ["marked [1, 4]", "closed"]


async def test_nothing_is_read_while_another_has_the_turn_or_where_there_is_no_such_channel() -> None:
    acts: list[str] = []
    assert await read_mailbox(given(acts, turn=None), "mail") is None
    assert await read_mailbox(given(acts), "nowhere") is None
    assert acts == []


async def test_a_token_that_opens_no_link_unsubscribes_nobody() -> None:
    made = given([])
    made.links = Reads(None)
    assert await followed_by_mail(made, MailboxPage((ReturnedMail(1, token="t"),), Mark(7, 1))) == {
        1: MailFollowed.NO_LINK
    }
    assert made.subscriptions.said == {}
