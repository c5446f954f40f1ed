"""The notes of sources on the answers of a run, from stored data."""

from collections.abc import Iterable

from worker.domain.digest.model import SourceLine
from worker.domain.run import Run
from worker.domain.snapshot.notes import sentence
from worker.flow.run.stored_answers import load_found
from worker.ports import Snapshots

Noted = tuple[str, str]
"""A query's id and one sentence."""


async def notes_of(stored: Snapshots, run: Run) -> tuple[Noted, ...]:
    """In the order in which the run stored its answers. An answer that is gone from Redis has no notes."""
    found = await load_found(stored, run)
    answers = [*found.snapshots.items(), *found.compared.items()]
    return _once((query, note) for query, answer in answers for note in answer.notes)


def notes_in(lines: Iterable[SourceLine]) -> tuple[Noted, ...]:
    """The notes of a digest that is not stored."""
    return _once((line.query_id, note) for line in lines for note in line.notes)


def _once(noted: Iterable[Noted]) -> tuple[Noted, ...]:
    return tuple(dict.fromkeys((query, sentence(note)) for query, note in noted))
