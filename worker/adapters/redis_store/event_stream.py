"""Facts as a Redis stream. Scripts write theirs themselves (lua/common.lua); the others come through `add`."""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.facts import facts
from worker.adapters.redis_store.scripts import Scripts
from worker.domain.address import comparable
from worker.domain.events import (
    AlertNotified,
    AlertRuleEvaluated,
    BaselinesReset,
    Fact,
    Interrupted,
    MailboxRead,
    MailboxUnreadable,
    QueryAnswered,
    QueryMissing,
)
from worker.domain.run import RunKey
from worker.domain.time.epoch import from_ms
from worker.ports.event_stream import FactPage, StreamedFact

KEPT = 20_000
"""Facts, about: as in lua/common.lua. A fact has some 200 bytes."""

PAGE = 500
"""Facts in one answer of Redis."""

_OTHERS: dict[str, type[Fact]] = {
    kind.__name__: kind
    for kind in (
        AlertNotified,
        AlertRuleEvaluated,
        BaselinesReset,
        Interrupted,
        MailboxRead,
        MailboxUnreadable,
        QueryAnswered,
        QueryMissing,
    )
}


class RedisEventStream:
    """Implements worker.ports.EventStream."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._key = keys.single(scripts.prefix, "events")

    async def add(self, facts: Sequence[Fact]) -> None:
        with translated():
            async with self._scripts.client.pipeline(transaction=False) as each:
                for fact in facts:
                    each.xadd(self._key, {"f": json.dumps(_row(fact))}, maxlen=KEPT, approximate=True)
                await each.execute()

    async def after(self, last: str, limit: int) -> FactPage:
        first = f"({last}" if last else "-"
        rows = await self._scripts.ask("XRANGE", self._key, first, "+", "COUNT", limit)
        read = [_streamed(text(name), held[b"f"]) for name, held in rows]
        return FactPage(
            facts=tuple(one for one in read if isinstance(one, StreamedFact)),
            last=text(rows[-1][0]) if rows else last,
            full=len(rows) == limit,
            unknown=tuple(one for one in read if isinstance(one, str)),
        )

    async def forget(self, wanted: str) -> None:
        """Removes facts that name this address, as it is compared. A client that follows notices no gap, unless the
        removed fact was its last one.
        """
        last = "-"
        while rows := await self._scripts.ask("XRANGE", self._key, last, "+", "COUNT", PAGE):
            gone = [text(name) for name, held in rows if wanted in _words(held[b"f"])]
            if gone:
                await self._scripts.remove("XDEL", self._key, *gone)
            last = f"({text(rows[-1][0])}"

    async def newest(self) -> str:
        rows = await self._scripts.ask("XREVRANGE", self._key, "+", "-", "COUNT", 1)
        return text(rows[0][0]) if rows else ""

    async def holds(self, last: str) -> bool:
        return bool(await self._scripts.ask("XRANGE", self._key, last, last, "COUNT", 1))


def _row(fact: Fact) -> list[Any]:
    values = [getattr(fact, one.name) for one in fields(fact) if one.name != "run"]
    return [type(fact).__name__, str(fact.run) if fact.run is not None else None, *values]


def _words(raw: bytes) -> str:
    """As people write it: JSON may hold escapes."""
    return comparable(" ".join(str(one) for one in json.loads(raw.decode("utf-8", "replace"))))


def _streamed(name: str, raw: bytes) -> StreamedFact | str:
    """Only the kind of a fact that this version cannot read: a newer version knows more kinds, fields and states."""
    kind, *values = json.loads(raw.decode("utf-8", "replace"))
    try:
        return StreamedFact(name, from_ms(int(name.partition("-")[0])), _fact(kind, values))
    except (KeyError, TypeError, ValueError):
        return str(kind)


def _fact(kind: str, values: Sequence[Any]) -> Fact:
    if kind in _OTHERS:
        run, *rest = values
        return _OTHERS[kind](RunKey.parse(run) if run is not None else None, *rest)
    return facts([[one.encode() if isinstance(one, str) else one for one in (kind, *values)]])[0]
