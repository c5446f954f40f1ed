"""What many readers share is made once, and nobody is sent what another one is told."""

import random
from dataclasses import fields, replace
from typing import Any

import pytest

from tests.support.many_readers import PASTS, bundle, past, row, services
from worker.adapters.smtp.mime import MailContent
from worker.channels.email import channel, content
from worker.channels.slack.content import SlackContent
from worker.domain.alert.silence import AlertFilter
from worker.domain.delivery import Baseline, Delivery
from worker.domain.quiet import QuietHours
from worker.domain.reason import Reason
from worker.domain.schedule import Collect, Each, OnUnknown, Send, Subscription, Thread
from worker.flow.services import Services

SMALL = {
    "pipeline/email.subject.j2": "{{ digest.run }} since {{ digest.since }}",
    "pipeline/email.txt.j2": "{% for key in digest.keys %}{{ key.delta }}{% endfor %}",
    "pipeline/email.html.j2": "<p>{{ w.day(digest.slot) }}</p>",
}
"""Quick to fill, and different wherever two readers must be told different things."""

ENTRY = Subscription("r", "mail", "r@acme.example", "pipeline", "en_GB", "UTC")
READERS = [replace(ENTRY, id=f"r{n}", address=f"r{n}@acme.example") for n in range(30)]
EVERYTHING = [(number, reader) for number in (0, 1) for reader in range(len(READERS))]

OTHERWISE: dict[str, Any] = {
    "id": "other",
    "channel": "room",
    "address": "other@acme.example",
    "template": "brief",
    "locale": "de_DE",
    "zone": "Asia/Kolkata",
    "send": Send.ON_CHANGE,
    "attach": ("deals",),
    "on_unknown": OnUnknown.HOLD,
    "rows": 'row.key == "nobody"',
    "team_totals": True,
    "each": Each.OWNER,
    "unassigned": "ops@acme.example",
    "quiet_hours": QuietHours(days=(0,)),
    "skip_if_empty": True,
    "thread": Thread.SERIES,
    "days": (0, 1),
    "collect": Collect.DAILY,
    "uncapped": True,
    "alerts": AlertFilter(("big",)),
    "cc": ("copy@acme.example",),
    "reply_to": ("Sales <sales@acme.example>",),
}
"""Another value for each field of an entry."""

SHOWN = {"template", "locale", "zone", "attach", "rows", "each", "thread", "reply_to"}
"""Those that a reader sees in the message. `team_totals` and `unassigned` say nothing alone."""

PAIR: dict[str, Baseline | None] = {**past(0)}


def shuffled(seed: int) -> list[tuple[int, int]]:
    return random.Random(seed).sample(EVERYTHING, len(EVERYTHING))  # noqa: S311  # an order, the same in every test run


async def message(shared: Services, given: Delivery, current: dict[str, Baseline]) -> Any:
    case = await shared.digests.open(given, current)
    assert case is not None
    return await case.content(shared.connectors.channel(case.bundle, case.entry.channel, case.entry.address))


async def of_reader(shared: Services, number: int, reader: int) -> MailContent:
    """Every reader's past is one of three, by turns."""
    made = await message(shared, row(number, READERS[reader]), past(reader % PASTS))
    assert isinstance(made, MailContent)
    return made


@pytest.mark.parametrize("sizes", [{}, {"digest_memo": 1}, {"digest_memo": 1, "found": 1, "renderings": 100}])
async def test_no_reader_is_sent_what_a_reader_with_another_past_is_told(sizes: dict[str, int]) -> None:
    """The fewer of them are kept, the sooner one lies where another one lay: a key must not be an address."""
    known = bundle(READERS, SMALL)
    alone = {(number, n): await of_reader(services(known), number, n) for number in (0, 1) for n in range(PASTS)}
    assert len({(one.subject, one.text) for one in alone.values()}) == 2 * PASTS
    shared, wrong = services(known, **sizes), []
    for seed in range(50):
        for number, reader in shuffled(seed):
            if await of_reader(shared, number, reader) != alone[number, reader % PASTS]:
                wrong.append((number, reader))
    assert wrong == []


async def test_forty_deliveries_of_six_different_messages_are_six_renderings(monkeypatch: pytest.MonkeyPatch) -> None:
    made, make = [], content.mail_content

    def counted(*given: Any) -> MailContent:
        made.append(given)
        return make(*given)

    monkeypatch.setattr(channel, "mail_content", counted)
    shared = services(bundle(READERS, SMALL))
    for number, reader in shuffled(7)[:40]:
        await of_reader(shared, number, reader)
    assert len(made) == 2 * PASTS


def test_another_value_is_known_for_each_field_of_an_entry() -> None:
    assert set(OTHERWISE) == {field.name for field in fields(Subscription)}
    assert [name for name, value in OTHERWISE.items() if getattr(ENTRY, name) == value] == []


@pytest.mark.parametrize("name", OTHERWISE)
async def test_two_entries_that_differ_share_a_message_only_where_it_is_the_same(name: str) -> None:
    other = replace(ENTRY, **{"id": "second", name: OTHERWISE[name]})
    brief = {path.replace("pipeline", "brief"): f"Brief: {text}" for path, text in SMALL.items()}
    known = bundle([ENTRY, other], brief)
    shared = services(known)
    first, second = [await message(shared, row(0, one), past(0)) for one in (ENTRY, other)]
    assert second == await message(services(known), row(0, other), past(0))
    assert (second != first) is (name in SHOWN)


async def test_a_mail_and_a_post_of_one_digest_are_two_renderings() -> None:
    posts = replace(ENTRY, id="room", address="C0123456789")
    shared = services(bundle([ENTRY, posts]))
    mail, post = [await message(shared, row(0, entry), past(0)) for entry in (ENTRY, posts)]
    assert isinstance(mail, MailContent)
    assert isinstance(post, SlackContent)


@pytest.mark.parametrize(
    "second",
    [
        row(1, ENTRY),
        replace(row(0, ENTRY), compared_with={**past(1)}),
        replace(row(0, ENTRY), compared_with={"deals": None}, why_first={"deals": Reason.SUBSCRIBED}),
        replace(row(0, ENTRY), compared_with=PAIR, why_first={"deals": Reason.SUBSCRIBED}),
    ],
)
async def test_what_a_row_fixes_is_told_though_a_reader_without_it_came_first(second: Delivery) -> None:
    known = bundle([ENTRY])
    shared = services(known)
    first = await message(shared, row(0, ENTRY), past(0))
    told = await message(shared, second, past(0))
    assert told != first
    assert told == await message(services(known), second, past(0))


async def test_two_deployments_with_other_templates_are_rendered_each_by_its_own() -> None:
    connectors = services(bundle([ENTRY])).connectors
    first, same, other = [connectors.templates(bundle([ENTRY], own)) for own in (SMALL, dict(SMALL), {})]
    assert first is same
    assert first is not other
