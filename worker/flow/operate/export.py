"""A run's stored answers, for use outside Funnelbeat."""

from typing import Protocol

from worker.domain.run import Run
from worker.domain.snapshot.snapshot import Snapshot
from worker.errors import NotFound
from worker.flow.run.collect import COMPARED
from worker.flow.run.stored_answers import load_found
from worker.flow.uses import UsesSnapshots


class ExportUses(UsesSnapshots, Protocol): ...


async def stored_answers(uses: ExportUses, run: Run, query: str | None = None) -> tuple[tuple[str, Snapshot], ...]:
    """Each answer by its query; the answer of the period that a query is compared with follows it, as "<id>:compared".

    Raises NotFound if the run has no answer, or none to `query`, with the reason if one is known.
    """
    found = await load_found(uses.snapshots, run)
    answers = []
    for name, snapshot in found.snapshots.items():
        answers.append((name, snapshot))
        if name in found.compared:
            answers.append((f"{name}{COMPARED}", found.compared[name]))
    chosen = tuple(one for one in answers if query is None or one[0].removesuffix(COMPARED) == query)
    if chosen:
        return chosen
    gap = next((gap for gap in found.gaps if query in {None, gap.query_id}), None)
    known = ", ".join(found.snapshots) or "none"
    why = f"{gap.query_id}: {gap.sentence}" if gap is not None else f"it has answers to: {known}"
    raise NotFound(f"{run.key} has no answer{f' to {query!r}' if query else ''}; {why}")
