"""From a pending delivery to its outcome."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from tests.domain.builders import answer, deal
from tests.support.fakes import (
    HOUR,
    KEY,
    NOW,
    TEAM,
    TROUBLE,
    Circuit,
    Emitted,
    FixedClock,
    OneChannel,
    Opened,
    Settled,
    TwoParts,
    Workdays,
    reader_digest,
    uses,
)
from tests.support.patience import PATIENCE
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState, Envelope, Part, PartState, Receipt
from worker.domain.digest.model import Standing
from worker.domain.events import DeliverySettled
from worker.domain.notice import Suspension
from worker.domain.outcome import Deferred, DeliveryFailed, Pending, Refused, Sent, Skipped, Unknown
from worker.domain.quiet import QuietHours
from worker.domain.reason import Reason
from worker.domain.schedule import Send
from worker.domain.subscription import Choice, Origin, Preference
from worker.errors import (
    ClaimLost,
    DeliveryDeferred,
    DeliveryRefused,
    DeliveryUncertain,
    NewerVersion,
    RenderError,
    RequestError,
)
from worker.flow.intervals import Intervals
from worker.flow.run.comparison import ReaderDigest
from worker.flow.run.deliver import deliver
from worker.ports import DeliveryLease, HoldResult, InForce

PENDING = Delivery(KEY, DeliveryState.PENDING)
FIRST_SENT = (PartState(DeliveryState.SENT, "00", "receipt 0"), PartState(DeliveryState.UNKNOWN, "11"))
UNKNOWN = replace(PENDING, state=DeliveryState.UNKNOWN, attempt=1, date=NOW - HOUR, parts=FIRST_SENT)
DIGEST = uses(standing=Standing.FIRST, changed=False, empty=False)
SAME = uses(standing=Standing.UNCHANGED, changed=False, empty=False)
QUIET = replace(TEAM, send=Send.ON_CHANGE)
MOVED = {"deals": Baseline("now", NOW, NOW)}
SUPERSEDED = DeliverySettled(KEY.run, KEY, "skipped", "superseded")


class Held(Settled):
    """Gives the delivery to whoever holds it. `log`: what happened, in order."""

    def __init__(self, row: Delivery | None, *, suspensions: bool = False, lost: bool = False) -> None:
        super().__init__(lost=lost)
        self.row, self.suspensions, self.log = row, suspensions, list[str]()
        self.preference: Preference | None = None

    async def hold(self, key: DeliveryKey, pid: int) -> HoldResult:
        if self.row is None:
            return HoldResult(None, (SUPERSEDED,))
        return HoldResult(DeliveryLease(self.row, NOW, {}, self.suspensions, self.preference))

    async def count_repeat(self, key: DeliveryKey, part: int, receipt: str) -> None:
        self.log.append(f"repeat {part} {receipt!r}")


class Ledger(Held):
    """A part's intent is written, the claim is looked at, and what was handed over is noted."""

    async def intend(self, key: DeliveryKey, part: int, parts: int, *fixed: Any, attempt: int = 0, **more: Any) -> int:
        self.log.append(f"intend {part} of {parts}")
        self.dates = [fixed[1]]
        return attempt or (self.row.attempt if self.row else 0) + 1

    async def check(self, key: DeliveryKey, attempt: int) -> None:
        self.log.append(f"check {attempt}")

    async def handed_over(self, key: DeliveryKey, attempt: int, part: int, receipt: str, moved: object) -> None:
        self.log.append(f"{part} {receipt}")


class Refusing(Ledger):
    """Knows what is suspended."""

    stopped: Sequence[str] = ()

    async def suspended(self, subjects: Sequence[str]) -> Mapping[str, str]:
        return {one: "550" for one in subjects if one in self.stopped}


class Stolen(Ledger):
    """Somebody else has the delivery by the time its claim is looked at."""

    async def check(self, key: DeliveryKey, attempt: int) -> None:
        raise ClaimLost(str(key))


class PacedLedger(Ledger):
    wait = 0.0

    async def pace(self, bucket: str, seconds: float, who: str) -> float:
        self.log.append(f"pace {bucket} {seconds}")
        return self.wait


class Paced(TwoParts):
    def pace(self, address: str) -> tuple[str, float]:
        return f"room of {address}", 0.5


class TooLong(TwoParts):
    def build(self, content: str, envelope: Envelope) -> tuple[Part, ...]:
        raise RenderError("", 0, "the message is past the limit")


class TakesOnce(TwoParts):
    def idempotency_key(self, part: Part, envelope: Envelope) -> str:
        return "key"


class Receiver:
    """Takes every part, or raises what stands for it. It notes each in the ledger's own log."""

    def __init__(self, ledger: Held, *said: Exception | None) -> None:
        self.ledger, self.said, self.dates = ledger, list(said), list[datetime]()

    async def __call__(self, channel: Any, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        self.ledger.log.append(f"send {part.number} {sealed.decode()}")
        self.dates.append(envelope.date)
        wrong = self.said[part.number] if part.number < len(self.said) else None
        if wrong is not None:
            raise wrong
        return Receipt(f"receipt {part.number}")


class Silent(Receiver):
    async def __call__(self, channel: Any, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        return await asyncio.Future()


class LostSecret(OneChannel):
    def channel(self, bundle: object, channel: str, address: str | None) -> Any:
        raise RequestError("MAIL_PASSWORD is not set")


def parts(
    ledger: Held, *said: Exception | None, digest: ReaderDigest | None = None, channel: Any = None, **other: Any
) -> Any:
    given = {
        "circuits": Circuit(),
        "clock": FixedClock(),
        "connectors": OneChannel(channel or TwoParts()),
        "deliveries": ledger,
        "digests": Opened(digest or reader_digest(digest=DIGEST)),
        "events": Emitted(),
        "holidays": Workdays(),
        "monotonic": lambda: 0.0,
        "pid": 7,
        "times": Intervals(),
        "transmit": Receiver(ledger, *said),
        "version": "1+t",
    }
    return uses(**{**given, **other})


async def test_each_parts_intent_is_written_and_its_claim_looked_at_before_its_bytes_leave() -> None:
    given = parts(Ledger(PENDING))
    assert await deliver(given, KEY) is DeliveryState.SENT
    assert given.deliveries.log == [
        "intend 0 of 2",
        "check 1",
        "send 0 content 0",
        "0 receipt 0",
        "intend 1 of 2",
        "check 1",
        "send 1 content 1receipt 0",
    ]
    assert given.deliveries.outcomes == [(1, Sent("receipt 1", MOVED))]


async def test_a_delivery_that_somebody_else_has_is_left_alone() -> None:
    given = parts(Ledger(None))
    assert await deliver(given, KEY) is None
    assert (given.deliveries.log, given.deliveries.outcomes) == ([], [])
    assert given.events.facts == [SUPERSEDED], "what the look made true is told all the same"


async def test_a_later_try_goes_on_after_the_last_receipt_under_the_first_date() -> None:
    row = replace(PENDING, attempt=1, date=NOW - HOUR, parts=FIRST_SENT[:1])
    given = parts(Ledger(row))
    assert await deliver(given, KEY) is DeliveryState.SENT
    assert [line for line in given.deliveries.log if line.startswith("send")] == ["send 1 content 1receipt 0"]
    assert given.transmit.dates == [NOW - HOUR]
    assert given.deliveries.outcomes == [(2, Sent("receipt 1", MOVED))]


class UnderAnother(Ledger):
    """Another deployment is in force than that of the run."""

    in_force = InForce("later", NOW, "weekly", KEY.reader)

    async def hold(self, key: DeliveryKey, pid: int) -> HoldResult:
        found = await super().hold(key, pid)
        assert found.lease is not None
        return HoldResult(replace(found.lease, in_force=self.in_force))


class Naming(Opened):
    """Whom the definition in force names: nobody; None: nobody knows."""

    class Nobody:
        def names(self, connectors: object, reader: str) -> bool:
            return False

    nobody: Any = Nobody()

    async def named(self, there: InForce) -> Any:
        return self.nobody


@pytest.mark.parametrize("named", [Naming.Nobody(), None])
@pytest.mark.parametrize("row", [PENDING, replace(PENDING, attempt=1, date=NOW - HOUR, parts=FIRST_SENT[:1])])
async def test_who_is_not_named_any_more_is_sent_nothing(row: Delivery, named: Any) -> None:
    digests, ledger = Naming(reader_digest(digest=DIGEST)), UnderAnother(row)
    digests.nobody = named
    given = parts(ledger, digests=digests)
    assert await deliver(given, KEY) is DeliveryState.SKIPPED
    assert given.deliveries.outcomes == [(row.attempt, Skipped(Reason.NOT_NAMED))]
    assert given.deliveries.log == []


async def test_who_subscribed_at_run_time_needs_no_definition() -> None:
    ledger = UnderAnother(PENDING)
    ledger.in_force = replace(ledger.in_force, subscribed=True)
    given = parts(ledger, digests=Naming(reader_digest(digest=DIGEST)))
    assert await deliver(given, KEY) is DeliveryState.SENT


async def test_what_was_decided_once_is_not_decided_again() -> None:
    """Its first part has arrived: a digest that would be left out today must not leave half a message behind."""
    row = replace(PENDING, attempt=1, date=NOW - HOUR, parts=FIRST_SENT[:1])
    assert await deliver(parts(Ledger(row), digest=reader_digest(QUIET, digest=SAME)), KEY) is DeliveryState.SENT


async def test_nothing_changed_and_nothing_is_sent_but_an_equal_answer_moves_its_baseline() -> None:
    before = answer([deal("a")], at=NOW - HOUR)
    given = parts(Ledger(PENDING), digest=reader_digest(QUIET, {"deals": before}, digest=SAME))
    assert await deliver(given, KEY) is DeliveryState.SKIPPED
    assert given.deliveries.outcomes == [(0, Skipped(Reason.NO_CHANGE, MOVED))]
    assert given.deliveries.log == []


async def test_an_answer_that_is_not_equal_moves_no_baseline_however_little_it_changed() -> None:
    before = answer([deal("a", 99_999)], at=NOW - HOUR)
    given = parts(Ledger(PENDING), digest=reader_digest(QUIET, {"deals": before}, digest=SAME))
    await deliver(given, KEY)
    assert given.deliveries.outcomes == [(0, Skipped(Reason.NO_CHANGE, {}))]


NIGHT = replace(TEAM, quiet_hours=QuietHours(time(0), time(23)))


@pytest.mark.parametrize("row", [PENDING, replace(PENDING, attempt=1, date=NOW - HOUR)])
async def test_in_quiet_hours_it_is_deferred_before_anything_is_rendered(row: Delivery) -> None:
    given = parts(Ledger(row), digest=reader_digest(NIGHT, digest=DIGEST))
    assert await deliver(given, KEY) is DeliveryState.DEFERRED
    ((_, outcome),) = given.deliveries.outcomes
    assert (outcome.until, outcome.reason, outcome.extends) == (NOW.replace(hour=23), Reason.QUIET_HOURS, True)
    assert given.deliveries.log == []


async def test_what_is_left_out_does_not_wait_for_the_end_of_quiet_hours() -> None:
    digest = reader_digest(replace(NIGHT, send=Send.ON_CHANGE), {"deals": answer([deal("a")])}, digest=SAME)
    given = parts(Ledger(PENDING), digest=digest)
    assert await deliver(given, KEY) is DeliveryState.SKIPPED


async def test_a_message_that_has_begun_to_arrive_is_finished_in_quiet_hours() -> None:
    begun = (FIRST_SENT[0], PartState())
    row = replace(PENDING, attempt=1, date=NOW - HOUR, parts=begun)
    given = parts(Ledger(row), digest=reader_digest(NIGHT, digest=DIGEST))
    assert await deliver(given, KEY) is DeliveryState.SENT


async def test_an_empty_digest_is_skipped_and_moves_nothing() -> None:
    empty = uses(standing=Standing.UNCHANGED, changed=False, empty=True)
    given = parts(Ledger(PENDING), digest=reader_digest(QUIET, {"deals": answer([deal("a")])}, digest=empty))
    await deliver(given, KEY)
    assert given.deliveries.outcomes == [(0, Skipped(Reason.EMPTY, {}))]


@pytest.mark.parametrize(
    ("row", "outcome", "state"),
    [
        (PENDING, Skipped(Reason.DELETED), DeliveryState.SKIPPED),
        (UNKNOWN, Unknown(), DeliveryState.UNKNOWN),
    ],
)
async def test_a_reader_that_a_deployment_dropped_gets_nothing(row: Delivery, outcome: object, state: object) -> None:
    ledger = Ledger(row)
    given = parts(ledger, digests=Opened(None))
    assert await deliver(given, KEY) is state
    assert ledger.outcomes == [(row.attempt, outcome)]


@pytest.mark.parametrize("subject", ["channel mail", "address mail team@acme.example"])
async def test_nothing_goes_to_what_refused_earlier_messages_for_good(subject: str) -> None:
    ledger = Refusing(PENDING, suspensions=True)
    ledger.stopped = (subject,)
    assert await deliver(parts(ledger), KEY) is DeliveryState.SKIPPED
    assert ledger.outcomes == [(0, Skipped(Reason.SUSPENDED))]
    assert ledger.log == []


STOP = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", NOW - HOUR)
PAUSE = Preference(Choice.PAUSED, Origin.CLI, "ops", NOW - HOUR, NOW + HOUR)


@pytest.mark.parametrize("row", [PENDING, replace(PENDING, attempt=1, date=NOW - HOUR)], ids=["new", "tried before"])
@pytest.mark.parametrize(
    ("said", "reason"),
    [(STOP, Reason.UNSUBSCRIBED), (PAUSE, Reason.MUTED), (replace(PAUSE, until=None), Reason.MUTED)],
    ids=["unsubscribed", "paused for a time", "paused"],
)
async def test_nothing_goes_to_a_reader_who_said_stop(row: Delivery, said: Preference, reason: Reason) -> None:
    ledger = Held(row)
    ledger.preference = said
    assert await deliver(parts(ledger), KEY) is DeliveryState.SKIPPED
    assert ledger.outcomes == [(row.attempt, Skipped(reason))]


async def test_a_pause_that_is_over_stops_nothing() -> None:
    ledger = Ledger(PENDING)
    ledger.preference = replace(PAUSE, until=NOW)
    assert await deliver(parts(ledger), KEY) is DeliveryState.SENT


async def test_an_address_is_looked_at_again_before_it_is_sent_to() -> None:
    digest = reader_digest(digest=DIGEST)
    strict = replace(digest, bundle=replace(digest.bundle, allow=("other.example",), allow_written=True))
    ledger = Held(PENDING)
    assert await deliver(parts(ledger, digest=strict), KEY) is DeliveryState.SKIPPED
    assert ledger.outcomes == [(0, Skipped(Reason.NOT_ALLOWED))]
    ledger = Ledger(PENDING)
    wide = replace(strict, bundle=replace(strict.bundle, allow=("acme.example",)))
    assert await deliver(parts(ledger, digest=wide), KEY) is DeliveryState.SENT


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (DeliveryUncertain("mail", "no reply"), Unknown("no reply", NOW + timedelta(minutes=10))),
        (DeliveryDeferred("mail", "greylisted"), Deferred(NOW + timedelta(minutes=1), Reason.BACKOFF, "greylisted")),
        (
            DeliveryDeferred("mail", "slower", retry_after=7.0),
            Deferred(NOW + timedelta(seconds=7), Reason.RATE_LIMITED, "slower"),
        ),
        (DeliveryRefused("mail", "no such user", code="550"), Refused(Reason.REFUSED, "550: no such user")),
        (DeliveryRefused("mail", "550 no such user", code="550"), Refused(Reason.REFUSED, "550 no such user")),
    ],
)
async def test_what_the_receiver_said_decides_how_it_goes_on(error: Exception, outcome: object) -> None:
    given = parts(Ledger(PENDING), error)
    await deliver(given, KEY)
    assert given.deliveries.outcomes == [(1, outcome)]


@pytest.mark.parametrize(("tries", "minutes"), [(0, 1), (1, 5), (2, 15), (3, 60), (9, 60)])
async def test_each_try_waits_longer_than_the_one_before(tries: int, minutes: int) -> None:
    given = parts(Ledger(replace(PENDING, attempt=tries)), DeliveryDeferred("mail", "busy"))
    await deliver(given, KEY)
    [(_, deferred)] = given.deliveries.outcomes
    assert deferred.until == NOW + timedelta(minutes=minutes)


async def test_a_receiver_that_takes_it_once_under_its_key_is_tried_again_soon() -> None:
    given = parts(Ledger(PENDING), DeliveryUncertain("mail", "no reply"), channel=TakesOnce())
    await deliver(given, KEY)
    assert given.deliveries.outcomes == [(1, Unknown("no reply", NOW + timedelta(minutes=1)))]


async def test_a_later_part_that_is_refused_leaves_the_digest_sent_and_says_what_is_missing() -> None:
    given = parts(Ledger(PENDING), None, DeliveryRefused("mail", "too large", code="552"))
    assert await deliver(given, KEY) is DeliveryState.SENT
    missing = "1.txt was refused: 552: too large"
    assert given.deliveries.outcomes == [(1, Sent("receipt 0", MOVED, Reason.PARTS_MISSING, missing))]


@pytest.mark.parametrize(
    ("stops", "subject"), [("channel", "channel mail"), ("address", "address mail team@acme.example")]
)
async def test_a_refusal_for_good_suspends_what_it_names_in_the_same_step(stops: str, subject: str) -> None:
    given = parts(Refusing(PENDING), DeliveryRefused("mail", "gone", code="550", suspend=stops))
    await deliver(given, KEY)
    assert given.deliveries.stops == [Suspension(subject, "550: gone")]


async def test_a_message_that_cannot_be_made_fails_and_nothing_leaves() -> None:
    given = parts(Ledger(PENDING), channel=TooLong())
    assert await deliver(given, KEY) is DeliveryState.FAILED
    [(_, outcome)] = given.deliveries.outcomes
    assert isinstance(outcome, DeliveryFailed)
    assert (outcome.reason, given.deliveries.log) == (Reason.RENDER, [])


@pytest.mark.parametrize("row", [PENDING, UNKNOWN])
async def test_a_secret_that_this_process_does_not_have_is_waited_for(row: Delivery) -> None:
    given = parts(Ledger(row), connectors=LostSecret(None))
    await deliver(given, KEY)
    [(_, outcome)] = given.deliveries.outcomes
    again = NOW + timedelta(minutes=1)
    words = "MAIL_PASSWORD is not set"
    assert outcome == (Unknown(words, again) if row is UNKNOWN else Deferred(again, Reason.BACKOFF, words))


async def test_the_receivers_pace_is_asked_before_each_part() -> None:
    given = parts(PacedLedger(PENDING), channel=Paced())
    assert await deliver(given, KEY) is DeliveryState.SENT
    assert given.deliveries.log.count("pace room of team@acme.example 0.5") == 2
    assert given.deliveries.log.index("pace room of team@acme.example 0.5") < given.deliveries.log.index("check 1")


async def test_the_receivers_pace_is_waited_for_before_a_part_is_sent() -> None:
    ledger = PacedLedger(PENDING)
    ledger.wait = 0.05
    began = asyncio.get_running_loop().time()
    assert await deliver(parts(ledger, channel=Paced()), KEY) is DeliveryState.SENT
    assert asyncio.get_running_loop().time() - began >= 2 * 0.05


async def test_a_pace_that_no_worker_waits_for_defers_the_delivery() -> None:
    ledger = PacedLedger(PENDING)
    ledger.wait = 3600.0
    assert await deliver(parts(ledger, channel=Paced()), KEY) is DeliveryState.DEFERRED
    assert ledger.outcomes == [(0, Deferred(NOW + HOUR, Reason.PACE))]
    assert ledger.log == ["pace room of team@acme.example 0.5"]


async def test_a_claim_that_is_lost_before_the_bytes_leave_sends_nothing() -> None:
    ledger = Stolen(PENDING)
    assert await deliver(parts(ledger), KEY) is None
    assert ledger.log == ["intend 0 of 2"]
    assert ledger.outcomes == []


async def test_a_claim_that_is_lost_after_the_bytes_left_is_counted_as_a_repeat_with_its_receipt() -> None:
    ledger = Ledger(PENDING, lost=True)
    assert await deliver(parts(ledger), KEY) is None
    assert ledger.log[-1] == "repeat 1 'receipt 1'"


async def test_a_claim_that_is_lost_while_the_receiver_says_nothing_is_counted_as_a_repeat_without_one() -> None:
    ledger = Ledger(PENDING, lost=True)
    assert await deliver(parts(ledger, DeliveryUncertain("mail", "no reply")), KEY) is None
    assert ledger.log[-1] == "repeat 0 ''"


async def test_a_claim_that_is_lost_when_nothing_arrived_is_no_repeat() -> None:
    ledger = Ledger(PENDING, lost=True)
    await deliver(parts(ledger, DeliveryDeferred("mail", "busy")), KEY)
    assert not [line for line in ledger.log if line.startswith("repeat")]


async def test_a_process_that_stood_still_asks_again_whether_the_attempt_is_its_own() -> None:
    seconds = iter([0.0, 0.0, 0.0, 90.0, 90.0, 91.0, 200.0, 200.0, 200.0, 200.0])
    given = parts(Ledger(PENDING), monotonic=lambda: next(seconds))
    assert await deliver(given, KEY) is DeliveryState.SENT
    assert given.deliveries.log[:4] == ["intend 0 of 2", "check 1", "check 1", "send 0 content 0"]


async def test_a_receiver_that_says_nothing_is_waited_for_no_longer_than_the_lease() -> None:
    ledger = Ledger(PENDING)
    given = parts(ledger, transmit=Silent(ledger), times=Intervals(delivery_lease=0.05))
    async with asyncio.timeout(PATIENCE):
        assert await deliver(given, KEY) is DeliveryState.UNKNOWN
    [(_, outcome)] = ledger.outcomes
    assert isinstance(outcome, Unknown)
    assert outcome.sentence == "no answer came within 0 seconds"


async def test_a_receiver_that_does_not_answer_keeps_the_delivery_waiting_without_a_try() -> None:
    given = parts(Ledger(PENDING), circuits=Circuit(280.0))
    assert await deliver(given, KEY) is DeliveryState.DEFERRED
    [(attempt, outcome)] = given.deliveries.outcomes
    assert isinstance(outcome, Deferred)
    assert (attempt, outcome.until, outcome.reason) == (0, NOW + timedelta(seconds=280), Reason.BACKOFF)
    assert given.deliveries.log == []


async def test_a_receiver_that_was_silent_for_the_lease_is_left_alone() -> None:
    ledger, circuit = Ledger(PENDING), Circuit()
    await deliver(parts(ledger, circuits=circuit, transmit=Silent(ledger), times=Intervals(delivery_lease=0.05)), KEY)
    assert circuit.heard == ["mail silent for 0 s"]


async def test_what_is_unknown_is_looked_into_before_anything_is_sent_again() -> None:
    given = parts(Ledger(UNKNOWN))
    assert await deliver(given, KEY) is DeliveryState.SENT
    assert given.deliveries.outcomes[0] == (1, Pending(Reason.POSSIBLE_DUPLICATE))
    assert [line for line in given.deliveries.log if line.startswith("send")] == ["send 1 content 1receipt 0"]


async def test_what_is_unknown_and_was_sent_twice_is_held_and_not_sent_again() -> None:
    given = parts(Ledger(replace(UNKNOWN, resent=True)))
    assert await deliver(given, KEY) is DeliveryState.UNKNOWN
    assert given.deliveries.outcomes == [(1, Unknown(""))]
    assert given.deliveries.log == []


def test_what_is_sent_moves_the_baselines_of_what_was_answered_and_a_notice_moves_none() -> None:
    assert reader_digest().sent_baselines() == MOVED
    assert reader_digest(digest=TROUBLE).sent_baselines() == {}


async def test_a_notice_goes_whatever_is_decided_and_moves_no_baseline() -> None:
    given = parts(Ledger(PENDING), digest=reader_digest(digest=TROUBLE))
    assert await deliver(given, KEY) is DeliveryState.SENT
    assert given.deliveries.outcomes == [(1, Sent("receipt 1", {}))]


class OfNewer(Opened):
    async def open(self, row: Delivery, current: Any = None) -> Any:
        raise NewerVersion("a bundle of format 4")


async def test_what_a_newer_version_has_to_send_waits_for_a_process_that_can() -> None:
    marked = replace(PENDING, strange=("@blind",))
    words = "a newer version of Funnelbeat decided on this delivery (@blind), and has to send it"
    for given, said in (
        (parts(Ledger(PENDING), digests=OfNewer(reader_digest(digest=DIGEST))), "a bundle of format 4"),
        (parts(Ledger(marked)), words),
    ):
        assert await deliver(given, KEY) is DeliveryState.DEFERRED
        [(_, outcome)] = given.deliveries.outcomes
        assert (outcome.reason, outcome.sentence) == (Reason.BACKOFF, said)
        assert given.deliveries.log == [], "nothing is intended, and nothing is sent"


async def test_what_may_have_arrived_stays_unknown_for_an_older_version() -> None:
    given = parts(Ledger(replace(PENDING, state=DeliveryState.UNKNOWN, strange=("@blind",))))
    assert await deliver(given, KEY) is DeliveryState.UNKNOWN
    assert given.deliveries.log == []
