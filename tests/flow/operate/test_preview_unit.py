"""A digest without a run: preview, dry run, a test send; and a run's bridge."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.domain.builders import answer, deal
from tests.support.fakes import (
    HOUR,
    KEY,
    NOW,
    RUN,
    TEAM,
    WEEKLY,
    Deployed,
    Fetches,
    FixedClock,
    Least,
    OneQuery,
    OneSource,
    Said,
    Shown,
    Stepped,
    Stored,
    Subscribed,
    TwoParts,
    bundle_with,
    uses,
)
from worker.domain.choices import Choices
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState, Envelope, Part, Reader, Receipt
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.schedule import Bundle, Schedule
from worker.domain.subscription import Origin
from worker.errors import DeliveryRefused, RequestError, SourceUnavailable
from worker.flow.intervals import Intervals
from worker.flow.operate.preview import bridge_of, compared_with, dry_run, preview, send_to, shown_entry
from worker.flow.run.reader_digests import ReaderDigests
from worker.ports import Answer
from worker.ports.kinds import QuerySpec

LIST = QuerySpec("opportunities", "", False, (), lists_opportunities=True)
BOSS = replace(TEAM, id="boss", channel="room", address="boss@acme.example")
BOTH = replace(WEEKLY, to=(TEAM, BOSS), bridge="deals")
BUNDLE = bundle_with(BOTH)
BASELINE = Baseline("before", NOW - HOUR, NOW - HOUR)
BEFORE, AFTER = answer([deal("a", 100)], at=NOW - HOUR), answer([deal("a", 300)])


class Html(Shown):
    preview_suffix = "html"


class ByName(OneSource):
    """A channel for each name."""

    def __init__(self, **channels: TwoParts) -> None:
        super().__init__(LIST)
        self.channels = channels

    def channel(self, bundle: Bundle, channel: str, address: str | None) -> Any:
        return self.channels[channel]


class Baselines:
    """Every reader was sent the same before."""

    async def baselines(self, readers: Sequence[Reader]) -> Mapping[Reader, Mapping[str, Baseline]]:
        return {reader: {"deals": BASELINE} for reader in readers}

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        return ("before",)


class Receiver:
    def __init__(self, wrong: DeliveryRefused | None = None) -> None:
        self.wrong, self.taken = wrong, list[tuple[bytes, Envelope]]()

    async def __call__(self, channel: Any, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        if self.wrong is not None:
            raise self.wrong
        self.taken.append((sealed, envelope))
        return Receipt(f"receipt {part.number}")


def parts(connectors: OneSource | None = None, fetches: Fetches | None = None, **other: Any) -> Any:
    nobody: Any = uses()
    known: Any = connectors or ByName(mail=Shown(), room=Html())
    runs: Any = Baselines()
    stored: Any = Stored({"before": BEFORE})
    return uses(
        clock=FixedClock(),
        connectors=known,
        digests=ReaderDigests(nobody, runs, stored, nobody, known, Stepped(), Least(), nobody),
        fetches=fetches or Fetches(deals=Answer(AFTER)),
        runs=runs,
        snapshots=stored,
        times=Intervals(),
        triggers=Stepped(),
        **{"subscriptions": Subscribed()} | other,
    )


async def test_the_first_entry_that_a_browser_can_show_is_previewed_against_what_its_reader_was_sent() -> None:
    shown = await preview(parts(), BUNDLE, BOTH, None)
    assert (shown.subject, shown.page, shown.suffix) == ("to boss@acme.example", "content", "html")
    assert shown.digest.since == NOW - HOUR
    assert shown.digest.run == str(RunKey("weekly", NOW))


async def test_a_preview_is_as_its_reader_chose_it() -> None:
    reader, boss = Said(), Reader("weekly", "boss", "boss@acme.example")
    reader.made[boss.id] = Choices(Origin.LINK, "the reader", NOW, rows="1000")
    shown = await preview(parts(subscriptions=reader), BUNDLE, BOTH, "boss")
    assert shown.digest.narrowed
    assert not (await preview(parts(subscriptions=reader), BUNDLE, BOTH, "team")).digest.narrowed


async def test_an_entry_that_is_named_is_previewed_and_else_the_first_where_none_is_a_page() -> None:
    assert (await preview(parts(), BUNDLE, BOTH, "team")).suffix == "txt"
    plain = parts(ByName(mail=Shown(), room=Shown()))
    assert (await preview(plain, BUNDLE, BOTH, None)).subject == "to team@acme.example"


@pytest.mark.parametrize(
    ("schedule", "entry", "words"),
    [
        (replace(BOTH, to=()), None, "weekly has no entry under `to:`"),
        (BOTH, "other", "--entry: weekly has no entry 'other'; it has team, boss"),
    ],
)
async def test_what_cannot_be_previewed_is_said_and_no_source_is_asked(
    schedule: Schedule, entry: str | None, words: str
) -> None:
    given = parts()
    with pytest.raises(RequestError, match=words):
        await preview(given, BUNDLE, schedule, entry)
    assert given.fetches.asked == []


async def test_a_dry_run_asks_once_and_says_of_each_reader_what_it_would_get_and_why() -> None:
    noted = Fetches(deals=Answer(replace(AFTER, notes=("a page was short",))))
    given = parts(fetches=noted)
    team, boss = await dry_run(given, BUNDLE, BOTH, None)
    assert (team.reader, boss.reader) == ("team|team@acme.example", "boss|boss@acme.example")
    assert (team.subject, team.outcome, team.failed) == ("to team@acme.example", "", False)
    assert team.decision.reason is Reason.REQUESTED
    assert team.notes == (("deals", "a page was short"),)
    assert len(noted.asked) == 1
    assert noted.asked[0].on_demand, "somebody waits for it"


async def test_a_dry_run_in_which_a_source_fails_shows_the_gap() -> None:
    wrong = SourceUnavailable("GET /opportunity/", "it is down")
    team, _ = await dry_run(parts(fetches=Fetches(deals=wrong)), BUNDLE, BOTH, None)
    assert [gap.query_id for gap in team.gaps] == ["deals"]


async def test_a_dry_run_of_the_past_does_not_pass_off_the_state_now_as_that_of_then() -> None:
    given = parts()
    team, _ = await dry_run(given, BUNDLE, BOTH, NOW - HOUR)
    assert [gap.reason for gap in team.gaps] == ["not_knowable"]
    assert given.fetches.asked == []


async def test_a_slot_that_has_not_come_is_refused() -> None:
    with pytest.raises(RequestError, match="--at"):
        await dry_run(parts(), BUNDLE, BOTH, NOW + HOUR)


async def tried(receiver: Receiver, schedule: Schedule = BOTH, channel: str = "room") -> Any:
    return await send_to(parts(transmit=receiver), BUNDLE, schedule, None, channel, "me@acme.example")


async def test_a_test_goes_to_one_address_part_by_part_under_a_key_of_its_own() -> None:
    receiver = Receiver()
    trial = await tried(receiver)
    assert (trial.outcome, trial.failed, trial.subject) == ("sent: receipt 0", False, "to me@acme.example")
    run = RunKey("weekly", NOW, "manual", "0000test")
    envelope = Envelope(DeliveryKey(run, "test|me@acme.example"), "me@acme.example", NOW)
    assert receiver.taken == [(b"content 0", envelope), (b"content 1receipt 0", envelope)]


async def test_a_receiver_that_refuses_a_test_is_told_and_nothing_is_tried_again() -> None:
    trial = await tried(Receiver(DeliveryRefused("room", "no such user", code="550")))
    assert (trial.outcome, trial.failed) == ("room: no such user", True)


async def test_a_test_needs_an_entry_whose_template_it_can_use() -> None:
    receiver = Receiver()
    with pytest.raises(RequestError, match="has no entry under `to:`"):
        await tried(receiver, replace(BOTH, to=()))
    assert receiver.taken == []


ANSWERED = replace(RUN, snapshots=(("deals", "now"),))
ROW = Delivery(KEY, DeliveryState.SENT, compared_with={"deals": BASELINE})


def bridged(schedule: Schedule = BOTH, **snapshots: Any) -> Any:
    stored = Stored(snapshots or {"now": AFTER, "before": BEFORE})
    return uses(connectors=OneQuery(LIST), deployments=Deployed(bundle_with(schedule)), snapshots=stored)


async def test_a_runs_bridge_leads_from_what_a_reader_was_sent_to_what_the_run_found() -> None:
    found = await bridge_of(bridged(), ANSWERED, (replace(ROW, compared_with=None), ROW))
    assert found is not None
    assert [step.key for step in found.steps] == ["a"]


@pytest.mark.parametrize(
    ("given", "row"),
    [
        (bridged(), replace(ROW, compared_with=None)),
        (bridged(), replace(ROW, compared_with={"deals": None})),
        (bridged(replace(BOTH, bridge=None)), ROW),
        (bridged(before=BEFORE), ROW),
        (bridged(now=AFTER), ROW),
    ],
    ids=["nothing was decided", "a first digest", "no bridge is asked for", "its answer is gone", "the past is gone"],
)
async def test_a_bridge_that_has_no_two_ends_is_none(given: Any, row: Delivery) -> None:
    assert await bridge_of(given, ANSWERED, (row,)) is None


def test_a_run_is_compared_with_what_its_first_decided_delivery_was() -> None:
    undecided, other = replace(ROW, compared_with=None), replace(ROW, compared_with={"deals": None})
    assert compared_with((undecided, ROW, other), "deals") == BASELINE
    assert compared_with((other, ROW), "deals") is None
    assert compared_with((ROW,), None) is None
    assert compared_with((), "deals") is None


def test_the_entry_that_is_shown_is_the_first_that_a_browser_shows_best() -> None:
    connectors: Any = ByName(mail=Shown(), room=Html())
    assert shown_entry(connectors, BUNDLE, BOTH, None) == BOSS
    assert shown_entry(connectors, BUNDLE, BOTH, TEAM.id) == TEAM
    with pytest.raises(RequestError, match="nobody"):
        shown_entry(connectors, BUNDLE, BOTH, "nobody")
