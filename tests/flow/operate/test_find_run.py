"""Which run a person means, in a ledger of many."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

import pytest

from worker.domain.run import Run, RunKey, RunState
from worker.errors import RequestError
from worker.flow.operate.find_run import FAR, find_run
from worker.ports import Lookups


def run(number: int) -> Run:
    slot = datetime.fromtimestamp(1_700_000_000 + 60 * number, UTC)
    return Run(RunKey("weekly", slot), RunState.DELIVERED, "cron", "bundle", 1, slot, slot, 1)


class ManyRuns:
    """Newest first, as a ledger tells them."""

    async def runs(self, _schedule: str | None, limit: int) -> Sequence[Run]:
        return [run(number) for number in range(FAR + 500, 0, -1)][:limit]

    async def run(self, _key: RunKey) -> Run | None:
        return None


async def test_a_prefix_is_looked_for_in_every_run() -> None:
    lookups = cast(Lookups, ManyRuns())
    oldest = str(run(1).key)
    assert str((await find_run(lookups, oldest[:-1])).key) == oldest
    with pytest.raises(RequestError, match="no run begins with it"):
        await find_run(lookups, "weekly@1999")
