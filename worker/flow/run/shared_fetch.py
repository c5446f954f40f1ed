"""One fetch for all who ask the same: within a run, across schedules and across workers.

A stored answer serves a run that asks the same question of the same account for the same window, if it was begun at
or after the run's slot and is no older than the item's `share_for`. While one worker fetches, the others wait for what
it finds. What departed since a run's own past is looked up for that run, beside the list that is shared: see
docs/decisions/005-one-fetch-for-all.md.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from worker.domain.schedule import Follow
from worker.domain.snapshot.snapshot import GapReason, Snapshot
from worker.domain.time.window import Window, WindowSpec, is_window_name
from worker.errors import LedgerError, SourceError
from worker.flow.run.gap_reason import gap_reason, retry_after
from worker.flow.services import Services
from worker.ports import Answer, FetchCache, FetchFailed, Hit, Question, Shareable, Source, Turn

LOOK = (0.05, 0.5)
"""Seconds between two looks at a question that somebody else fetches: the first pause, and the longest."""
_BEATS = 3
"""In a lease of the turn."""


class SharedFailure(Exception):
    """The fetch that this run waited for brought nothing; why, for the gap."""

    def __init__(self, failed: FetchFailed) -> None:
        self.reason = GapReason(failed.reason)
        self.sentence = failed.sentence
        self.retry_after = failed.retry_after
        super().__init__(failed.sentence)


async def fetch_once(services: Services, source: Source, account: str, ask: Question) -> Answer:
    """The answer to `ask`: from the shelf, or fetched. A comparison is a question of its own, since another schedule
    may ask for that window by itself.

    Raises SourceError, and SharedFailure for somebody else's.
    """
    if services.fetch_cache is None:
        return await source.fetch(ask)
    base = await _own(services, source, account, replace(ask, compared=None))
    if ask.compared is None:
        return base
    against = replace(ask, window=ask.compared, compared=None, files=False)
    return replace(base, compared=(await _own(services, source, account, against)).snapshot)


async def _own(services: Services, source: Source, account: str, ask: Question) -> Answer:
    """What is shared, made this run's own."""
    if not isinstance(source, Shareable):
        return await _shared(services, source, _key(account, _words(ask), _past(ask)), ask)
    question = replace(ask, item=replace(ask.item, follow=Follow.NONE), formerly=frozenset(), since=None, previous=None)
    listed = await _shared(services, source, _key(account, source.words(question)), question)
    return await source.complete(ask, _mine(listed, ask))


async def _shared(services: Services, source: Source, key: str, ask: Question) -> Answer:
    fetch_cache, began, pause = services.fetch_cache, services.monotonic(), LOOK[0]
    assert fetch_cache is not None  # noqa: S101  # asked before, which a type checker cannot see
    while True:
        waited = services.monotonic() - began
        match await fetch_cache.look(key, ask.slot, ask.item.share_for, waited, urgent=ask.on_demand):
            case Hit() as kept:
                found = await _loaded(services, kept)
                if found is not None:
                    return _mine(found, ask)
                return await source.fetch(ask)  # its snapshot is gone: memory was short, or a day went by
            case FetchFailed() as failed:
                raise SharedFailure(failed)
            case Turn() as lead:
                return await _fetched(services, fetch_cache, source, key, ask, lead)
        await asyncio.sleep(pause * services.jitter())
        pause = min(2 * pause, LOOK[1])


async def _fetched(
    services: Services, fetch_cache: FetchCache, source: Source, key: str, ask: Question, lead: Turn
) -> Answer:
    """It is our turn. However it ends, it ends: killed, its lease lapses and the next one takes over."""
    outcome: Hit | FetchFailed | None = None
    try:
        async with _beating(fetch_cache, key, lead.token, services.times.heartbeat / _BEATS):
            answer = await source.fetch(ask)
        services.reach("share.fetched")
        compared = None if answer.compared is None else await services.snapshots.keep(answer.compared)
        outcome = Hit(lead.begun, await services.snapshots.keep(answer.snapshot), compared)
    except SourceError as error:
        outcome = FetchFailed(gap_reason(error), str(error), retry_after(error))
        raise
    finally:
        if outcome is None:
            await fetch_cache.leave(key, lead.token)
        else:
            await fetch_cache.put(key, lead.token, outcome)
    return answer


@asynccontextmanager
async def _beating(fetch_cache: FetchCache, key: str, token: int, every: float) -> AsyncIterator[None]:
    """Renews the turn while its block runs. A turn that was lost is no reason to stop: its answer is still ours."""
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


async def _loaded(services: Services, kept: Hit) -> Answer | None:
    """None where a snapshot is past its time. Decoded once for all runs of this process that use it."""

    async def load() -> Answer | None:
        if await services.snapshots.forgotten(kept.snapshot):
            return None
        snapshot = await services.snapshots.load(kept.snapshot)
        compared = await services.snapshots.load(kept.compared) if kept.compared else None
        whole = snapshot is not None and (compared is not None or kept.compared is None)
        return Answer(snapshot, compared) if whole and snapshot is not None else None

    return await services.answers.get((kept.snapshot, kept.compared), load)


def _mine(answer: Answer, ask: Question) -> Answer:
    """The same answer under this run's own names: query, slot, and the window as its definition calls it."""
    snapshot = _named(answer.snapshot, ask, ask.window)
    compared = None if answer.compared is None else _named(answer.compared, ask, None)
    return Answer(snapshot, compared)


def _named(snapshot: Snapshot, ask: Question, window: Window | None) -> Snapshot:
    called = window if window is not None and snapshot.window is not None else snapshot.window
    return replace(snapshot, query_id=ask.item.id, slot=ask.slot, window=called)


def _key(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _words(ask: Question) -> str:
    """The question of a source that has no spelling of its own: its parameters as they stand, windows resolved."""
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
    """What a source that completes nothing may have put into its answer: who was listed before, and as what."""
    listed = ask.previous if ask.previous is not None and ask.previous.main is not None else None
    if listed is None and not ask.formerly:
        return ""
    known = None if listed is None else (listed.tables, listed.followed, listed.as_of)
    parts = (ask.item.follow, ask.item.follow_limit, sorted(ask.formerly), _instant(ask.since), known)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _instant(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
