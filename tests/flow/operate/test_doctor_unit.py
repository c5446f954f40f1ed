"""One finding for each thing that was looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.fakes import (
    HOUR,
    NOW,
    TEAM,
    WEEKLY,
    Deployed,
    FixedClock,
    OneQuery,
    Stepped,
    Subscribed,
    bundle_with,
    uses,
)
from worker.domain.heartbeat import Alive
from worker.domain.schedule import Bundle
from worker.domain.subscription import Origin, SubscriptionRecord
from worker.errors import DeliveryRefused, MailboxError, RequestError, SourceRefused
from worker.flow.deploy.cost import DayCost
from worker.flow.operate.doctor import (
    CheckResult,
    Level,
    budgets,
    channels,
    clocks_agree,
    connections,
    deployment,
    due_ahead,
    links,
    looked_at,
    looked_at_day,
    mailboxes,
    processes,
    subscribed,
    suspended,
    suspensions,
)
from worker.ports import Due
from worker.ports.bounces import MailboxState
from worker.ports.kinds import Price, QuerySpec

BUNDLE = bundle_with(WEEKLY)


async def test_our_own_errors_are_what_was_found_and_a_bug_is_none() -> None:
    async def look(wrong: Exception | None = None) -> str:
        if wrong is not None:
            raise wrong
        return "fine"

    assert await looked_at("x", look) == CheckResult("x", Level.OK, "fine")
    assert await looked_at("x", lambda: look(RequestError("KEY is not set"))) == CheckResult(
        "x", Level.FAIL, "KEY is not set"
    )
    with pytest.raises(ZeroDivisionError):
        await looked_at("x", lambda: look(ZeroDivisionError()))


class Sources:
    def __init__(self, one: object) -> None:
        self.one = one

    def source(self, bundle: Bundle, connection: str) -> Any:
        if isinstance(self.one, Exception):
            raise self.one
        return self.one


class Says:
    """A source that can be asked whether it works."""

    def __init__(self, said: str | Exception) -> None:
        self.said = said

    async def check(self) -> str:
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


REFUSED = SourceRefused("GET /me/", "the key is not known", status=401)


@pytest.mark.parametrize(
    ("one", "level", "sentence"),
    [
        (Says("Acme, as Ann"), Level.OK, "Acme, as Ann"),
        (Says(REFUSED), Level.FAIL, "GET /me/: the key is not known"),
        (uses(), Level.OK, "its options can be used; it is not asked before its first run"),
        (RequestError("CLOSE_KEY is not set"), Level.FAIL, "CLOSE_KEY is not set"),
    ],
)
async def test_each_connection_is_asked_what_it_can_tell(one: object, level: Level, sentence: str) -> None:
    connectors: Any = Sources(one)
    assert await connections(connectors, BUNDLE) == [CheckResult("connection close", level, sentence)]


class Letterbox(Says):
    async def aclose(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize(("said", "state", "level", "sentence"), [
    ("logged in", MailboxState(), Level.OK, "logged in; no worker has read it yet"),
    ("logged in", MailboxState(trouble="login refused"), Level.OK,
     "logged in; no worker has read it yet: login refused"),
    ("logged in", MailboxState(NOW), Level.OK, f"logged in; read at {NOW:%Y-%m-%d %H:%M} UTC (no mail so far)"),
    ("logged in", MailboxState(NOW, "", {"suspended": 2, "unsubscribed": 1}), Level.OK,
     f"logged in; read at {NOW:%Y-%m-%d %H:%M} UTC (2 suspended, 1 unsubscribed)"),
    (MailboxError("mailbox INBOX: login refused"), MailboxState(), Level.FAIL, "mailbox INBOX: login refused"),
])  # fmt: skip
async def test_each_mailbox_of_bounces_is_logged_in_to(
    said: str | Exception, state: MailboxState, level: Level, sentence: str
) -> None:
    async def known(_channel: str) -> MailboxState:
        return state

    reads = replace(BUNDLE, channels={"mail": replace(BUNDLE.channels["mail"], look_every=300)})
    connectors, ledger = uses(bounce_mailbox=lambda _bundle, _channel: Letterbox(said)), uses(state=known)
    assert await mailboxes(connectors, ledger, reads) == [CheckResult("mailbox of mail", level, sentence)]
    assert await mailboxes(connectors, ledger, BUNDLE) == []


class Rooms:
    """`routes`: the channel that each address takes, where one definition stands for several."""

    def __init__(self, one: object, routes: Mapping[str | None, str]) -> None:
        self.one, self.routes = one, routes

    def route(self, bundle: Bundle, channel: str, address: str | None) -> str:
        return self.routes.get(address, "")

    def channel(self, bundle: Bundle, channel: str, address: str | None) -> Any:
        return self.one


class Looks:
    """A channel that can be logged into."""

    def __init__(self, wrong: DeliveryRefused | None = None) -> None:
        self.wrong, self.addresses = wrong, list[Sequence[str]]()

    async def check(self, addresses: Sequence[str]) -> str:
        self.addresses.append(addresses)
        if self.wrong is not None:
            raise self.wrong
        return "logged in"


async def found(one: object, routes: Mapping[str | None, str] | None = None) -> list[CheckResult]:
    boss = replace(TEAM, id="boss", address="boss@acme.example")
    connectors: Any = Rooms(one, routes or {})
    return await channels(connectors, bundle_with(replace(WEEKLY, to=(TEAM, boss))))


async def test_a_channel_is_logged_into_once_with_every_address_that_schedules_name() -> None:
    channel = Looks()
    assert await found(channel) == [CheckResult("channel mail", Level.OK, "logged in")]
    assert channel.addresses == [["boss@acme.example", "team@acme.example"]]


async def test_a_definition_that_stands_for_several_channels_is_looked_at_one_by_one() -> None:
    channel = Looks()
    routes = {None: "", "team@acme.example": "b", "boss@acme.example": "a"}
    assert [one.what for one in await found(channel, routes)] == [
        "channel mail",
        "channel mail (a)",
        "channel mail (b)",
    ]
    assert channel.addresses == [[], ["boss@acme.example"], ["team@acme.example"]]


async def test_a_channel_that_refuses_fails_and_one_that_cannot_be_asked_is_taken_as_it_is() -> None:
    [refused] = await found(Looks(DeliveryRefused("mail", "no such login", code="535")))
    assert (refused.level, refused.sentence) == (Level.FAIL, "mail: no such login")
    [silent] = await found(uses())
    assert (silent.level, "it cannot be checked" in silent.sentence) == (Level.OK, True)


class Day:
    def __init__(self, limit: float | None, left: float | None) -> None:
        self.answered = limit, left

    async def day(self) -> tuple[float | None, float | None]:
        return self.answered


class Account(OneQuery):
    def account(self, bundle: Bundle, connection: str) -> str:
        return f"account of {connection}"


async def test_a_days_budget_is_that_of_each_connections_account() -> None:
    asked: list[str] = []

    def quotas(account: str) -> Any:
        asked.append(account)
        return Day(100.0, 40.0)

    connectors: Any = Account(QuerySpec("opportunities", "", False, (), price=Price(tokens=4)))
    [one] = await budgets(
        uses(connectors=connectors, triggers=Stepped(), deployments=Deployed(None)), quotas, BUNDLE, NOW
    )
    assert asked == ["account of close"]
    assert one.what == "budget close"
    assert one.level is Level.WARN, "23 runs of 4 tokens are more than three quarters of 100"
    assert "92 of the day's tokens" in one.sentence


@pytest.mark.parametrize(
    ("limit", "left", "level"),
    [(None, None, Level.OK), (100.0, None, Level.OK), (100.0, 90.0, Level.OK), (99.0, 0.0, Level.WARN)],
)
async def test_three_quarters_of_a_days_tokens_are_worth_a_word(
    limit: float | None, left: float | None, level: Level
) -> None:
    quota: Any = Day(limit, left)
    one = await looked_at_day(DayCost("close", 10, 10, 10, 75, 0), quota)
    assert one.level is level
    assert one.sentence.startswith("the next 24 hours ask for 10 queries, 10 requests, 75 of the day's tokens")
    assert ("allows" in one.sentence) == (left is not None)


@pytest.mark.parametrize(
    ("seconds", "level", "words"),
    [
        (0, Level.OK, "0.0 s ahead of"),
        (2, Level.OK, "2.0 s behind"),
        (3, Level.WARN, "3.0 s behind"),
        (-3, Level.WARN, "3.0 s ahead of"),
    ],
)
async def test_a_hosts_clock_may_differ_by_two_seconds(seconds: int, level: Level, words: str) -> None:
    clock: Any = FixedClock(NOW + timedelta(seconds=seconds))
    one = await clocks_agree(clock, lambda: NOW)
    assert (one.level, words in one.sentence) == (level, True)


async def test_the_time_that_asking_took_is_no_difference() -> None:
    instants = iter([NOW, NOW + timedelta(seconds=10)])
    clock: Any = FixedClock(NOW + timedelta(seconds=5))
    assert (await clocks_agree(clock, lambda: next(instants))).level is Level.OK


class Waiting(FixedClock):
    """Something has been due since `at`; `next`: when each is due."""

    def __init__(self, at: datetime | None = None) -> None:
        super().__init__()
        self.at = at

    async def due(self, limit: int) -> tuple[datetime, tuple[Due, ...]]:
        return NOW, () if self.at is None else (Due("weekly", self.at),)

    async def pending(self, schedules: Sequence[str]) -> Mapping[str, datetime]:
        return {} if self.at is None else {"weekly": self.at}


async def deployed(in_force: Bundle | None, at: datetime | None = None, *, before: bool = False) -> list[CheckResult]:
    deployments: Any = Deployed(in_force)
    clock: Any = Waiting(at)
    return await deployment(deployments, clock, BUNDLE, deployed_before=before)


async def test_a_first_deployment_is_still_to_come_and_one_that_is_gone_was_lost() -> None:
    [first] = await deployed(None)
    assert (first.level, "nothing is deployed yet" in first.sentence) == (Level.WARN, True)
    [lost] = await deployed(None, before=True)
    assert (lost.level, "was Redis emptied?" in lost.sentence) == (Level.FAIL, True)


async def test_a_directory_that_differs_from_what_is_in_force_is_said() -> None:
    same, slots = await deployed(BUNDLE)
    assert same == CheckResult("deployment", Level.OK, "bundle, deployed at 2026-11-16 08:00 UTC")
    assert slots == CheckResult("due slots", Level.OK, "nothing waits for a clock")
    differs, _ = await deployed(bundle_with(WEEKLY, operator="ops@acme.example"))
    assert (differs.level, "`funnelbeat plan` shows how" in differs.sentence) == (Level.WARN, True)


@pytest.mark.parametrize(("seconds", "level"), [(60, Level.OK), (61, Level.FAIL)])
async def test_a_slot_that_no_clock_takes_for_a_minute_is_a_failure(seconds: int, level: Level) -> None:
    _, slots = await deployed(BUNDLE, NOW - timedelta(seconds=seconds))
    assert slots.level is level
    assert ("weekly has been due for 61 s" in slots.sentence) == (level is Level.FAIL)


async def ahead(in_force: Bundle | None, at: datetime) -> list[CheckResult]:
    deployments: Any = Deployed(in_force)
    clock: Any = Waiting(at)
    return await due_ahead(deployments, clock, Stepped())


async def test_a_schedule_that_waits_past_its_next_slot_is_found() -> None:
    assert await ahead(BUNDLE, NOW + HOUR) == []
    assert await ahead(None, NOW + 5 * HOUR) == []
    [one] = await ahead(BUNDLE, NOW + 5 * HOUR)
    assert one.level is Level.FAIL
    assert one.sentence.startswith("weekly: due later than the next slot")


class Stopped:
    def __init__(self, **stopped: str) -> None:
        self.stopped = {"channel mail": "535", "address mail other@acme.example": "550"}

    async def suspended(self, subjects: Sequence[str]) -> Mapping[str, str]:
        return {one: why for one, why in self.stopped.items() if one in subjects}


async def test_what_gets_nothing_is_told_if_a_definition_names_it() -> None:
    ledger: Any = Stopped()
    assert await suspensions(ledger, BUNDLE) == [
        CheckResult(
            "suspended channel mail",
            Level.WARN,
            "535. Nothing is sent there until you repair it and deploy, or retry the run",
        )
    ]


EVE = SubscriptionRecord("weekly", replace(TEAM, id="eve", address="eve@acme.example"), Origin.CLI, "ops", NOW)


async def test_a_subscription_that_nobody_stopped_and_that_brings_nothing_is_told() -> None:
    def given(*records: SubscriptionRecord) -> Any:
        wide = replace(BUNDLE, allow=("acme.example",))
        parts = {"clock": FixedClock(), "deployments": Deployed(wide), "deliveries": Stopped()}
        return uses(**parts, subscriptions=Subscribed(*records))

    assert await subscribed(given()) == []
    assert await subscribed(given(EVE)) == [CheckResult("subscriptions", Level.OK, "1 made at run time")]
    lost = replace(EVE, entry=replace(EVE.entry, channel="gone"))
    [one] = await subscribed(given(lost))
    assert (one.level, one.sentence[-27:]) == (Level.WARN, "weekly eve|eve@acme.example")


def test_pages_for_links_without_a_key_are_told() -> None:
    pages = replace(BUNDLE, web="https://beat.acme.example")
    assert links(BUNDLE, "") == []
    assert [one.level for one in links(pages, "")] == [Level.WARN]
    assert [one.level for one in links(pages, "d841c914")] == [Level.OK]


class Heartbeats:
    def __init__(self, *seen: Alive) -> None:
        self.seen = seen

    async def alive(self) -> tuple[Alive, ...]:
        return self.seen


def alive(kind: str, host: str, seconds: int) -> Alive:
    return Alive(kind, host, 1, NOW - timedelta(seconds=seconds))


async def test_processes_that_gave_no_sign_of_life_for_half_a_minute_count_as_gone() -> None:
    heartbeats: Any = Heartbeats(
        alive("worker", "b", 29), alive("worker", "a", 1), alive("worker", "b", 2), alive("clock", "a", 30)
    )
    clock: Any = FixedClock()
    assert await processes(heartbeats, clock) == [
        CheckResult("clocks", Level.WARN, "none is running: nothing will fire"),
        CheckResult("workers", Level.OK, "3 running on a, b"),
    ]


def test_what_is_suspended_is_named_with_what_its_receiver_said() -> None:
    [one] = suspended({"address mail a@acme.example": "550 no such user"})
    assert (one.what, one.level) == ("suspended address mail a@acme.example", Level.WARN)
    assert one.sentence.startswith("550 no such user. ")
