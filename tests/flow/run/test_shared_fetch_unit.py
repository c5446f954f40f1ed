"""One fetch for all who ask the same."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.domain.builders import answer, deal, open_deals
from tests.support.fakes import HOUR, NOW, Keeping
from worker.domain.snapshot.snapshot import GapReason, Snapshot
from worker.domain.time.window import Window
from worker.errors import SourceUnavailable
from worker.flow.run.shared_fetch import SharedFailure, SharedFetches
from worker.ports import Answer, FetchFailed, Hit, Question, Turn

DEALS = answer([deal("a")])
QUESTION = Question(open_deals(), NOW, "UTC", None, None)
LAST_HOUR, BEFORE = Window(NOW - HOUR, NOW, "UTC", "this"), Window(NOW - 2 * HOUR, NOW - HOUR, "UTC", "that")
DOWN = SourceUnavailable("GET /opportunity/", "it is down", retry_after=7.0, limited=True)


class Looks:
    """Says one thing after the other to whoever looks, and the last of them for ever; `looks`: key, age, urgent."""

    def __init__(self, *said: Hit | FetchFailed | Turn | None) -> None:
        self.said, self.looks = list(said), list[tuple[str, datetime, float, float, bool]]()

    async def look(
        self, key: str, since: datetime, age: float, waited: float, *, urgent: bool = False
    ) -> Hit | FetchFailed | Turn | None:
        self.looks.append((key, since, age, waited, urgent))
        return self.said.pop(0) if len(self.said) > 1 else self.said[0]


class Cache(Looks):
    """What came of each turn; `left`: it ended without."""

    ended: Hit | FetchFailed | str = ""

    async def beat(self, key: str, token: int) -> bool:
        return True

    async def put(self, key: str, token: int, outcome: Hit | FetchFailed) -> bool:
        self.ended = outcome
        return True

    async def leave(self, key: str, token: int) -> None:
        self.ended = f"left {token}"


class Lapsed(Cache):
    """The turn is somebody else's by now."""

    async def beat(self, key: str, token: int) -> bool:
        return False

    async def put(self, key: str, token: int, outcome: Hit | FetchFailed) -> bool:
        return False


class Source:
    """Answers with the window that it was asked for; it counts."""

    def __init__(self, said: Snapshot | Exception | None = DEALS) -> None:
        self.said, self.asked = said, list[Question]()

    async def fetch(self, question: Question) -> Answer:
        self.asked.append(question)
        if self.said is None:
            await asyncio.Future()
        if isinstance(self.said, Exception):
            raise self.said
        return Answer(replace(self.said or DEALS, window=question.window))


class Lists(Source):
    """Its lists can be shared: what only one past adds is added to the shared list."""

    def words(self, question: Question) -> str:
        return question.item.query

    async def complete(self, question: Question, listed: Answer) -> Answer:
        return replace(listed, snapshot=replace(listed.snapshot, notes=(f"since {question.since}",)))


TURN = Turn(NOW, 3)


def fetches(cache: Looks, stored: Keeping | None = None) -> SharedFetches:
    seconds = iter(range(100))
    given: Any = cache
    kept: Any = stored or Keeping()
    return SharedFetches(given, kept, 30.0, lambda: float(next(seconds)), lambda: 0.0)


async def ask(cache: Looks, source: Any, question: Question = QUESTION, stored: Keeping | None = None) -> Answer:
    return await fetches(cache, stored).answer(source, "account", question)


async def test_whose_turn_it_is_asks_the_source_and_keeps_what_it_found_for_the_others() -> None:
    cache, source, stored = Cache(TURN), Source(), Keeping()
    assert (await ask(cache, source, stored=stored)).snapshot == DEALS
    assert cache.ended == Hit(NOW, "kept0")
    assert stored.snapshots == {"kept0": DEALS}
    assert len(source.asked) == 1


async def test_an_answer_that_is_there_is_taken_under_the_askers_own_names() -> None:
    cache, source = Cache(Hit(NOW, "kept0")), Source()
    theirs = replace(DEALS, query_id="theirs", slot=NOW - HOUR, window=LAST_HOUR)
    mine = replace(QUESTION, window=replace(LAST_HOUR, name="mine"))
    found = (await ask(cache, source, mine, Keeping({"kept0": theirs}))).snapshot
    assert source.asked == []
    assert (found.query_id, found.slot) == ("deals", NOW)
    assert found.window is not None
    assert found.window.name == "mine"


@pytest.mark.parametrize("stored", [Keeping(), Keeping({"kept0": DEALS}, rewritten=("kept0",))])
async def test_an_answer_that_is_gone_or_had_rows_taken_out_is_fetched_anew(stored: Keeping) -> None:
    source = Source()
    assert (await ask(Cache(Hit(NOW, "kept0")), source, stored=stored)).snapshot == DEALS
    assert len(source.asked) == 1


async def test_while_somebody_else_fetches_the_asker_looks_again_and_says_for_how_long_it_waited() -> None:
    cache, source = Cache(None, None, Hit(NOW, "kept0")), Source()
    await ask(cache, source, stored=Keeping({"kept0": DEALS}))
    assert [waited for *_, waited, _ in cache.looks] == [1.0, 2.0, 3.0]
    assert source.asked == []


async def test_the_failure_that_was_waited_for_is_this_runs_failure_too() -> None:
    source = Source()
    with pytest.raises(SharedFailure, match="it is down") as failure:
        await ask(Cache(None, FetchFailed("rate_limited", "it is down", 7.0)), source)
    assert (failure.value.reason, failure.value.retry_after) == (GapReason.RATE_LIMITED, 7.0)
    assert source.asked == []


async def test_a_failure_of_the_own_turn_is_left_for_those_who_wait() -> None:
    cache = Cache(TURN)
    with pytest.raises(SourceUnavailable):
        await ask(cache, Source(DOWN))
    assert cache.ended == FetchFailed("rate_limited", str(DOWN), 7.0)


async def test_a_bug_of_the_source_ends_the_turn_and_is_nobody_elses_failure() -> None:
    cache = Cache(TURN)
    with pytest.raises(ZeroDivisionError):
        await ask(cache, Source(ZeroDivisionError()))
    assert cache.ended == "left 3"


async def test_a_fetch_that_is_given_up_ends_its_turn() -> None:
    cache = Cache(TURN)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await ask(cache, Source(None))
    assert cache.ended == "left 3"


async def test_a_turn_that_lapsed_is_no_reason_to_throw_its_answer_away() -> None:
    assert (await ask(Lapsed(TURN), Source())).snapshot == DEALS


async def test_a_comparison_is_a_question_of_its_own_without_a_file() -> None:
    cache, source = Cache(TURN), Source()
    found = await ask(cache, source, replace(QUESTION, window=LAST_HOUR, compared=BEFORE, files=True))
    assert [(one.window, one.compared, one.files) for one in source.asked] == [
        (LAST_HOUR, None, True),
        (BEFORE, None, False),
    ]
    assert found.snapshot.window == LAST_HOUR
    assert found.compared is not None
    assert found.compared.window == BEFORE


async def test_who_waits_for_a_run_on_demand_waits_for_no_fetch_that_began_too_early() -> None:
    cache = Cache(TURN)
    await ask(cache, Source(), replace(QUESTION, on_demand=True))
    [(_, since, age, _, urgent)] = cache.looks
    assert (since, age, urgent) == (NOW, 300, True)


async def key_of(source: Source, question: Question = QUESTION, account: str = "account") -> str:
    cache = Cache(TURN)
    given: Any = source
    await fetches(cache).answer(given, account, question)
    return cache.looks[0][0]


OTHERS = [
    replace(QUESTION, item=open_deals(status_type="won")),
    replace(QUESTION, window=LAST_HOUR),
    replace(QUESTION, zone="Europe/Berlin"),
    replace(QUESTION, files=True),
    replace(QUESTION, previous=DEALS),
    replace(QUESTION, formerly=frozenset({"a"})),
]


@pytest.mark.parametrize("other", OTHERS)
async def test_another_question_is_another_key(other: Question) -> None:
    assert await key_of(Source(), other) != await key_of(Source())


async def test_another_account_is_another_key() -> None:
    assert await key_of(Source(), account="other") != await key_of(Source())


async def test_the_definitions_own_names_are_no_part_of_a_question() -> None:
    renamed = replace(QUESTION, item=open_deals("renamed"), slot=NOW + HOUR)
    called = replace(QUESTION, window=LAST_HOUR), replace(QUESTION, window=replace(LAST_HOUR, name="mine"))
    assert await key_of(Source(), renamed) == await key_of(Source())
    assert await key_of(Source(), called[0]) == await key_of(Source(), called[1])


async def test_a_window_in_the_services_own_parameters_is_asked_for_by_its_edges() -> None:
    def resolved(window: Window) -> Question:
        item = replace(QUESTION.item, params={"filter": {"created": "last-week"}})
        return replace(QUESTION, item=item, resolve=lambda _spec: window)

    assert await key_of(Source(), resolved(LAST_HOUR)) != await key_of(Source(), resolved(BEFORE))
    assert await key_of(Source(), resolved(LAST_HOUR)) == await key_of(Source(), resolved(LAST_HOUR))


async def test_a_list_that_can_be_shared_is_asked_for_without_a_past_and_completed_for_each() -> None:
    with_past = replace(QUESTION, since=NOW - HOUR, previous=DEALS, formerly=frozenset({"a"}))
    source = Lists()
    found = await ask(Cache(TURN), source, with_past)
    [asked] = source.asked
    assert (asked.since, asked.previous, asked.formerly) == (None, None, frozenset())
    assert found.snapshot.notes == (f"since {NOW - HOUR}",)
    assert await key_of(Lists(), with_past) == await key_of(Lists())


async def test_an_answer_that_several_runs_share_is_read_once() -> None:
    stored = Keeping({"kept0": DEALS})
    shared = fetches(Cache(Hit(NOW, "kept0")), stored)
    source: Any = Source()
    one = await shared.answer(source, "account", QUESTION)
    stored.snapshots.clear()
    assert await shared.answer(source, "account", QUESTION) == one
    assert source.asked == []
