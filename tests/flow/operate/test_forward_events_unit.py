"""One cycle of telling a webhook: what is queued, what is sent, and what follows from an answer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.fakes import NOW, RUN, uses
from worker.domain.events import Fact, RunBegun, RunEnded
from worker.domain.outgoing import EventWebhook
from worker.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, DeliveryUncertain
from worker.flow.operate.forward_events import AT_ONCE, REFUSED, WAITS, WORTH, forward
from worker.ports.event_stream import FactPage, StreamedFact
from worker.ports.event_webhooks import FailedTry, WaitingEvent, WebhookTurn

HOOK = EventWebhook("ops", {}, ("run_ended.failed", "run_begun"))
TURN = WebhookTurn("0-0", NOW)
DEFERRED = DeliveryDeferred("webhook", "HTTP 503", retry_after=600)
REFUSAL = DeliveryRefused("webhook", "HTTP 404", code="HTTP 404")


class Stream:
    def __init__(self, *facts: Fact) -> None:
        self.facts = [StreamedFact(f"{n}-0", NOW, fact) for n, fact in enumerate(facts, 1)]

    async def after(self, last: str, limit: int) -> FactPage:
        found = tuple(self.facts[int(last.partition("-")[0]) :][:limit])
        return FactPage(found, found[-1].id if found else last, full=len(found) == limit)


class Queued:
    def __init__(self, turn: WebhookTurn | None = TURN, *waiting: str) -> None:
        self.turn, self.cursor = turn, ""
        self.queue = [WaitingEvent(one, one, b"{}", NOW) for one in waiting]
        self.failed_tries, self.in_a_row = list[FailedTry](), 0

    async def take(self, name: str, who: str) -> WebhookTurn | None:
        return self.turn

    async def waiting(self, name: str, limit: int) -> tuple[WaitingEvent, ...]:
        return tuple(self.queue[:limit])

    async def failures(self, name: str) -> int:
        return self.in_a_row


class Kept(Queued):
    async def add(self, name: str, who: str, cursor: str, events: Sequence[tuple[str, bytes]], *, unknown: int) -> None:
        self.cursor = cursor
        self.queue += [WaitingEvent(one, one, body, NOW) for one, body in events]

    async def sent(self, name: str, who: str, event: WaitingEvent) -> None:
        self.queue.remove(event)

    async def failed(self, name: str, who: str, event: WaitingEvent, failure: FailedTry) -> int:
        self.failed_tries.append(failure)
        return 0


class Posts:
    def __init__(self, *errors: DeliveryError | None) -> None:
        self.errors, self.posted = list(errors), list[str]()

    async def beat(self, heartbeat: object) -> None: ...

    async def post(self, webhook: EventWebhook, message: str, body: bytes) -> None:
        self.posted.append(message)
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error


async def cycle(kept: Kept, posts: Posts, *facts: Fact) -> bool:
    told = uses(event_stream=Stream(*facts), event_webhooks=kept)
    return await forward(told, posts, HOOK, "me", lambda one: one.id.encode(), lambda *_told: None)


async def test_what_a_webhook_wants_is_queued_and_sent_in_order() -> None:
    kept, posts = Kept(TURN, "0-7"), Posts()
    facts = (RunBegun(RUN.key, 1), RunEnded(RUN.key, "delivered", ""), RunEnded(RUN.key, "failed", "source"))
    assert await cycle(kept, posts, *facts) is False
    assert posts.posted == ["evt_0-7", "evt_1-0", "evt_3-0"]
    assert (kept.cursor, kept.queue) == ("3-0", [])


class PutBackByHand(Kept):
    """Somebody retries what was given up while a cycle reads the queue."""

    async def waiting(self, name: str, limit: int) -> tuple[WaitingEvent, ...]:
        self.in_a_row = 0
        return await super().waiting(name, limit)


async def test_an_event_that_is_put_back_in_the_middle_of_a_cycle_has_all_its_tries() -> None:
    kept = PutBackByHand(TURN, "1-0")
    kept.in_a_row = 300
    assert await cycle(kept, Posts(REFUSAL)) is False
    assert kept.failed_tries == [FailedTry(str(REFUSAL), WAITS[0], given_up=False, stale=NOW - WORTH)]


async def test_nothing_is_done_while_another_process_has_the_turn() -> None:
    kept, posts = Kept(None, "0-7"), Posts()
    assert await cycle(kept, posts, RunBegun(RUN.key, 1)) is False
    assert (posts.posted, kept.cursor) == ([], "")


async def test_while_it_waits_events_are_queued_and_none_is_sent() -> None:
    kept, posts = Kept(replace(TURN, retry_at=NOW + timedelta(seconds=1))), Posts()
    assert await cycle(kept, posts, RunBegun(RUN.key, 1)) is False
    assert (posts.posted, [one.id for one in kept.queue]) == ([], ["1-0"])


@pytest.mark.parametrize(
    ("error", "failures", "wait", "given_up"),
    [
        (DeliveryUncertain("webhook", "broke off"), 0, WAITS[0], False),
        (DeliveryUncertain("webhook", "broke off"), 9, WAITS[-1], False),
        (DEFERRED, 1, 600, False),
        (REFUSAL, 0, WAITS[0], False),
        (REFUSAL, REFUSED - 1, WAITS[-1], True),
    ],
)
async def test_the_first_failure_holds_all_that_follows(
    error: DeliveryError, failures: int, wait: float, given_up: bool
) -> None:
    kept, posts = Kept(TURN, "1-0", "2-0"), Posts(error)
    kept.in_a_row = failures
    assert await cycle(kept, posts) is False
    assert posts.posted == ["evt_1-0"]
    assert kept.failed_tries == [FailedTry(str(error), wait, given_up, NOW - WORTH)]


async def test_a_success_begins_the_count_of_failures_anew() -> None:
    kept, posts = Kept(TURN, "1-0", "2-0"), Posts(None, REFUSAL)
    kept.in_a_row = 9
    await cycle(kept, posts)
    assert kept.failed_tries == [FailedTry(str(REFUSAL), WAITS[0], stale=NOW - WORTH)]


async def test_of_a_long_queue_a_part_is_sent_and_more_is_said() -> None:
    kept, posts = Kept(TURN, *(f"{n}-0" for n in range(AT_ONCE + 1))), Posts()
    assert await cycle(kept, posts) is True
    assert len(kept.queue) == 1
