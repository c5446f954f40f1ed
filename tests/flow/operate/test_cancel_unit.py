"""A person ends a run."""

from typing import Any

import pytest

from tests.support.fakes import RUN, Emitted, uses
from worker.domain.events import RunEnded
from worker.domain.run import RunKey, RunState
from worker.errors import RequestError
from worker.flow.operate.cancel import cancel
from worker.ports import CancelResult

FACT = RunEnded(RUN.key, "skipped", "cancelled")


class Ends:
    def __init__(self, was: RunState | None) -> None:
        self.was = was

    async def cancel(self, key: RunKey) -> CancelResult:
        return CancelResult(self.was, 0, (FACT,))


def parts(was: RunState | None) -> Any:
    return uses(runs=Ends(was), events=Emitted())


async def test_what_the_script_did_is_told() -> None:
    here = parts(RunState.FETCHING)
    assert (await cancel(here, RUN)).was is RunState.FETCHING
    assert here.events.facts == [FACT]


@pytest.mark.parametrize(("was", "said"), [(RunState.DELIVERED, "is delivered"), (None, "is gone")])
async def test_a_run_that_is_over_is_refused(was: RunState | None, said: str) -> None:
    here = parts(was)
    with pytest.raises(RequestError, match=said):
        await cancel(here, RUN)
    assert here.events.facts == []
