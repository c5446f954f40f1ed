"""Work under a lease: renewed while it runs, given up when the lease is lost, whole when it is done."""

import asyncio
from typing import Never

import pytest

from worker.errors import ClaimLost
from worker.flow.run.produce import leased


async def lost_after(turns: int) -> Never:
    """A renewal that finds its claim gone after so many turns of the loop."""
    for _ in range(turns):
        await asyncio.sleep(0)
    raise ClaimLost("a run")


async def work(turns: int) -> str:
    for _ in range(turns):
        await asyncio.sleep(0)
    return "done"


async def test_a_lost_lease_ends_the_work_and_says_so() -> None:
    with pytest.raises(ClaimLost):
        await leased(work(1000), lost_after(1))


@pytest.mark.parametrize("turns", range(8))
async def test_a_renewal_that_fails_as_the_work_ends_disturbs_nothing_that_comes_after(turns: int) -> None:
    """The run is handed over, so its last beat finds no lease; that must not cancel whoever delivers it next."""
    try:
        assert await leased(work(4), lost_after(turns)) == "done"
    except ClaimLost:
        assert turns <= 4
    for _ in range(5):
        await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


async def test_cancelling_the_whole_leaves_nothing_running() -> None:
    before = asyncio.all_tasks()
    whole = asyncio.create_task(leased(work(10_000), lost_after(10_000)))
    await asyncio.sleep(0)
    whole.cancel()
    with pytest.raises(asyncio.CancelledError):
        await whole
    assert asyncio.all_tasks() == before


async def test_what_the_work_raises_comes_out() -> None:
    async def broken() -> str:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        await leased(broken(), lost_after(100))
