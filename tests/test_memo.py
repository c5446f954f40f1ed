"""What is shared within a process: made once, kept while it is used, forgotten when it failed."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from worker.memo import Memo


class Made:
    """Counts what was made, and how often."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def of(self, name: str) -> Callable[[], Awaitable[str]]:
        async def make() -> str:
            self.log.append(name)
            await asyncio.sleep(0)
            return name

        return make


async def ask(memo: Memo, made: Made, names: str) -> None:
    for name in names:
        assert await memo.get(name, made.of(name)) == name


async def test_who_asks_while_a_value_is_made_waits_for_it() -> None:
    memo, made = Memo(2), Made()
    assert await asyncio.gather(*(memo.get("a", made.of("a")) for _ in range(5))) == ["a"] * 5
    assert made.log == ["a"]


async def test_what_was_used_last_is_kept_and_not_what_was_made_last() -> None:
    memo, made = Memo(2), Made()
    await ask(memo, made, "abacab")
    assert made.log == ["a", "b", "c", "b"]


async def test_more_values_than_fit_are_never_kept() -> None:
    memo, made = Memo(3), Made()
    await ask(memo, made, "abcdef")
    assert len(memo._made) == 3


async def broken() -> str:
    await asyncio.sleep(0)
    raise LookupError("gone")


async def test_a_failure_reaches_all_who_wait_and_the_next_one_tries_again() -> None:
    memo, made = Memo(2), Made()
    both = await asyncio.gather(memo.get("a", broken), memo.get("a", broken), return_exceptions=True)
    assert [type(one) for one in both] == [LookupError, LookupError]
    assert await memo.get("a", made.of("a")) == "a"


async def test_a_failure_does_not_drop_what_was_made_anew_under_its_key() -> None:
    memo, made = Memo(1), Made()
    release = asyncio.Event()

    async def late() -> str:
        await release.wait()
        raise LookupError("gone")

    first = asyncio.create_task(memo.get("a", late))
    await asyncio.sleep(0)
    await ask(memo, made, "ba")
    release.set()
    with pytest.raises(LookupError):
        await first
    await ask(memo, made, "a")
    assert made.log == ["b", "a"]


async def test_one_who_stops_waiting_stops_nobody_else() -> None:
    memo, made = Memo(1), Made()
    first = asyncio.create_task(memo.get("a", made.of("a")))
    second = asyncio.create_task(memo.get("a", made.of("a")))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "a"
