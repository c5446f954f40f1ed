"""One fetch for all runs with the same question: within a run, across schedules and across workers.

A stored answer serves a run with the same question to the same account for the same window, if it was begun at or after
the run's slot and is no older than the query's `share_for`. While one worker fetches, the others wait for its result.
What left a list since a run's own past is looked up for that run, beside the shared list: see
docs/decisions/005-one-fetch-for-all.md.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from worker.domain.schedule import Follow
from worker.domain.snapshot.snapshot import GapReason, Snapshot
from worker.domain.time.window import Window, WindowSpec, is_window_name
from worker.errors import LedgerError, SourceError
from worker.flow.run.gap_reason import gap_reason, retry_after
from worker.memo import Memo
from worker.ports import Answer, FetchCache, FetchFailed, Hit, Question, Shareable, Snapshots, Source, Turn

LOOK = (0.05, 0.5)
"""Seconds between two looks at a question that another worker fetches: the first pause, and the longest."""
_BEATS = 3
"""Renewals of the turn within one lease."""


class SharedFailure(Exception):
    """The fetch that this run waited for failed. It holds the reason, for the gap."""

    def __init__(self, failed: FetchFailed) -> None:
        self.reason = GapReason(failed.reason)
        self.sentence = failed.sentence
        self.retry_after = failed.retry_after
        super().__init__(failed.sentence)


@dataclass(frozen=True, slots=True)
class SharedFetches:
    """Fetches once for all runs with the same question. `heartbeat`: seconds in which a run's lease is renewed.
    `monotonic`: seconds that only grow. `jitter`: a factor around 1 that differs each time, so that not all processes
    look at once. `answers`: the last answers that several runs of this process share, decoded.
    """

    cache: FetchCache
    snapshots: Snapshots
    heartbeat: float
    monotonic: Callable[[], float]
    jitter: Callable[[], float]
    answers: Memo = field(default_factory=lambda: Memo(3))

    async def answer(self, source: Source, account: str, question: Question) -> Answer:
        """From the cache, or fetched. A comparison is a question of its own, because another schedule may ask for that
        window by itself.

        Raises SourceError, and SharedFailure for a fetch of another process.
        """
        base = await self._own(source, account, replace(question, compared=None))
        if question.compared is None:
            return base
        against = replace(question, window=question.compared, compared=None, files=False)
        return replace(base, compared=(await self._own(source, account, against)).snapshot)

    async def _own(self, source: Source, account: str, question: Question) -> Answer:
        """The shared answer, completed with this run's own past."""
        if not isinstance(source, Shareable):
            return await self._shared(source, _key(account, _words(question), _past(question)), question)
        item = replace(question.item, follow=Follow.NONE)
        plain = replace(question, item=item, formerly=frozenset(), since=None, previous=None)
        listed = await self._shared(source, _key(account, source.words(plain)), plain)
        return await source.complete(question, _mine(listed, question))

    async def _shared(self, source: Source, key: str, question: Question) -> Answer:
        began, pause = self.monotonic(), LOOK[0]
        while True:
            waited = self.monotonic() - began
            share_for, urgent = question.item.share_for, question.on_demand
            match await self.cache.look(key, question.slot, share_for, waited, urgent=urgent):
                case Hit() as kept:
                    found = await self._loaded(kept)
                    if found is not None:
                        return _mine(found, question)
                    return await source.fetch(question)  # its snapshot is gone: it was evicted or has expired
                case FetchFailed() as failed:
                    raise SharedFailure(failed)
                case Turn() as turn:
                    return await self._fetched(source, key, question, turn)
            await asyncio.sleep(pause * self.jitter())
            pause = min(2 * pause, LOOK[1])

    async def _fetched(self, source: Source, key: str, question: Question, turn: Turn) -> Answer:
        """Fetches in the turn of this process, and ends the turn in any case. If the process is killed, the turn's
        lease lapses.
        """
        outcome: Hit | FetchFailed | None = None
        try:
            async with _beating(self.cache, key, turn.token, self.heartbeat / _BEATS):
                answer = await source.fetch(question)
            compared = None if answer.compared is None else await self.snapshots.keep(answer.compared)
            outcome = Hit(turn.begun, await self.snapshots.keep(answer.snapshot), compared)
        except SourceError as error:
            outcome = FetchFailed(gap_reason(error), str(error), retry_after(error))
            raise
        finally:
            if outcome is None:
                await self.cache.leave(key, turn.token)
            else:
                await self.cache.put(key, turn.token, outcome)
        return answer

    async def _loaded(self, kept: Hit) -> Answer | None:
        """None if a snapshot has expired. Decoded once for all runs of this process that use it."""

        async def load() -> Answer | None:
            if await self.snapshots.forgotten(kept.snapshot):
                return None
            snapshot = await self.snapshots.load(kept.snapshot)
            compared = await self.snapshots.load(kept.compared) if kept.compared else None
            whole = snapshot is not None and (compared is not None or kept.compared is None)
            return Answer(snapshot, compared) if whole and snapshot is not None else None

        return await self.answers.get((kept.snapshot, kept.compared), load)


class UsesFetches(Protocol):
    @property
    def fetches(self) -> SharedFetches: ...


@asynccontextmanager
async def _beating(fetch_cache: FetchCache, key: str, token: int, every: float) -> AsyncIterator[None]:
    """Renews the turn while its block runs. A lost turn is no reason to stop: the answer is still good for this run."""
    over = asyncio.Event()

    async def beat() -> None:
        while not over.is_set() and await fetch_cache.beat(key, token):
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), every)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        over.set()
        with suppress(LedgerError):
            await beating


def _mine(answer: Answer, ask: Question) -> Answer:
    """The same answer under this run's names: query, slot, and the window as its definition names it."""
    snapshot = _named(answer.snapshot, ask, ask.window)
    compared = None if answer.compared is None else _named(answer.compared, ask, None)
    return Answer(snapshot, compared)


def _named(snapshot: Snapshot, ask: Question, window: Window | None) -> Snapshot:
    called = window if window is not None and snapshot.window is not None else snapshot.window
    return replace(snapshot, query_id=ask.item.id, slot=ask.slot, window=called)


def _key(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _words(ask: Question) -> str:
    """The question to a source without canonical texts: its parameters as they are, windows resolved."""
    item = ask.item
    parts = (item.query, _resolved(ask, item.params), item.as_written, _edges(ask.window), ask.zone, ask.files)
    return json.dumps(parts, sort_keys=True, default=str)


def _resolved(ask: Question, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _resolved(ask, part) for name, part in value.items()}
    if isinstance(value, str) and is_window_name(value) and ask.resolve is not None and not ask.item.as_written:
        return _edges(ask.resolve(WindowSpec(value)))
    return value


def _edges(window: Window | None) -> list[str] | None:
    return None if window is None else [window.start.isoformat(), window.end.isoformat(), window.zone]


def _past(ask: Question) -> str:
    """The past that a source without `complete` may have put into its answer: which keys were listed before, and their
    rows.
    """
    listed = ask.previous if ask.previous is not None and ask.previous.main is not None else None
    if listed is None and not ask.formerly:
        return ""
    known = None if listed is None else (listed.tables, listed.followed, listed.as_of)
    parts = (ask.item.follow, ask.item.follow_limit, sorted(ask.formerly), _instant(ask.since), known)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _instant(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
