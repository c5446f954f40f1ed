"""Converts the results of scripts to facts."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from worker.adapters.redis_store.codec import STATES, text
from worker.domain.delivery import DeliveryKey
from worker.domain.events import (
    DeliveryBegun,
    DeliverySettled,
    Fact,
    RunBegun,
    RunClaimed,
    RunEnded,
    SlotsMissed,
    Suspended,
)
from worker.domain.run import RunKey


def facts(rows: Sequence[Sequence[Any]]) -> tuple[Fact, ...]:
    """Each row begins with its kind: see lua/common.lua and lua/claim.lua."""
    return tuple(_FACTS[kind](*told) for kind, *told in rows)


@lru_cache(maxsize=64)
def _run(key: bytes) -> RunKey:
    """Kept, because many facts are of one run."""
    return RunKey.parse(text(key))


def _ended(run: bytes, state: bytes, reason: bytes) -> Fact:
    return RunEnded(_run(run), text(state), text(reason))


def _settled(run: bytes, reader: bytes, letter: bytes, reason: bytes, sentence: bytes) -> Fact:
    key = DeliveryKey(_run(run), text(reader))
    return DeliverySettled(key.run, key, STATES[text(letter)], text(reason), text(sentence))


def _claimed(run: bytes, pid: int) -> Fact:
    return RunClaimed(_run(run), pid)


def _missed(schedule: bytes, count: int, reason: bytes) -> Fact:
    return SlotsMissed(None, text(schedule), count, text(reason))


def _suspended(run: bytes, subject: bytes, sentence: bytes) -> Fact:
    return Suspended(_run(run), text(subject), text(sentence))


def _begun(run: bytes, attempt: int) -> Fact:
    return RunBegun(_run(run), attempt)


def _delivering(run: bytes, readers: int) -> Fact:
    return DeliveryBegun(_run(run), readers)


BY_SCRIPTS = (DeliveryBegun, DeliverySettled, RunBegun, RunClaimed, RunEnded, SlotsMissed, Suspended)
"""Facts that scripts put on the stream, in the step that makes them true."""

_FACTS: Mapping[bytes, Callable[..., Fact]] = {
    b"run": _ended,
    b"delivery": _settled,
    b"claimed": _claimed,
    b"begun": _begun,
    b"delivering": _delivering,
    b"missed": _missed,
    b"suspended": _suspended,
}
