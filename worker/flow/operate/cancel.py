"""A person ends a run that is not finished."""

from typing import Protocol

from worker.domain.run import CLOSED, Run
from worker.errors import RequestError
from worker.flow.facts import emit_all
from worker.flow.uses import UsesEvents, UsesRuns
from worker.ports import CancelResult


class CancelUses(UsesEvents, UsesRuns, Protocol): ...


async def cancel(uses: CancelUses, run: Run) -> CancelResult:
    """A run without deliveries ends as skipped(cancelled), and nothing is sent. Of a run that is delivering, only the
    deliveries that were not sent are ended.

    Raises RequestError for a run that is over.
    """
    ended = await uses.runs.cancel(run.key)
    if ended.was is None or ended.was in CLOSED:
        state = ended.was or "gone"
        raise RequestError(f"{run.key} is {state}; only a run that is claimed, fetching or delivering can be cancelled")
    emit_all(uses.events, ended.facts)
    return ended
