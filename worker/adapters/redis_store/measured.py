"""The values of the ledger for /metrics: counts that scripts keep, and what waits now."""

from collections.abc import Mapping
from datetime import datetime

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import STATES, fields, text
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import Scripts
from worker.domain.measurements import ConnectionBudget, LedgerReading, Queued
from worker.domain.reason import Reason
from worker.domain.time.epoch import from_ms

OTHER = "other"
"""Instead of a reason that this version does not know, so that no text from outside becomes a label."""

_KNOWN = frozenset({"", *Reason})


class RedisMeasured:
    """Implements worker.ports.measured.MeasuredLedger."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def read(self) -> LedgerReading:
        now, counts, waiting, since, due, open_, accounts, kinds = await self._scripts.run("metrics", {})
        memory = await self._scripts.ask("INFO", "memory")
        return LedgerReading(
            now=from_ms(now),
            counts=_counts({text(name): int(value) for name, value in fields(counts).items()}),
            waiting=waiting,
            waiting_since=_instant(since),
            due_since=_instant(due),
            open_deliveries=open_,
            queued={text(kind): Queued(count, _instant(oldest)) for kind, count, oldest in kinds},
            memory=int(memory.get("used_memory", 0)),
            memory_limit=int(memory.get("maxmemory", 0)),
            budgets=await self._budgets({text(name): text(one) for name, one in fields(accounts).items()}),
        )

    async def _budgets(self, accounts: Mapping[str, str]) -> Mapping[str, ConnectionBudget]:
        """An account without requests for a while is forgotten, and left out."""
        wanted = ("known", "every", "day", "left", "shut")
        with translated():
            async with self._scripts.client.pipeline(transaction=False) as each:
                for account in accounts.values():
                    each.hmget(keys.quota(self._scripts.prefix, account), wanted)
                rows = await each.execute()
        return {name: _budget(*row[1:]) for name, row in zip(accounts, rows, strict=True) if row[0] is not None}


def _counts(held: Mapping[str, int]) -> Mapping[tuple[str, ...], int]:
    found = dict[tuple[str, ...], int]()
    for name, value in held.items():
        words = _words(name.split(" "))
        found[words] = found.get(words, 0) + value
    return found


def _words(written: list[str]) -> tuple[str, ...]:
    kind, *told = written
    if kind == "delivery":
        whose, letter, reason = told
        return kind, whose, STATES[letter], _reason(reason)
    if kind == "run":
        state, reason = told
        return kind, state, _reason(reason)
    if kind == "missed":
        return kind, _reason(told[0])
    return kind, *told


def _reason(written: str) -> str:
    return written if written in _KNOWN else OTHER


def _budget(every: bytes | None, day: bytes | None, left: bytes | None, shut: bytes | None) -> ConnectionBudget:
    return ConnectionBudget(
        every=float(every or 0) / 1000,
        day=None if day is None else float(day),
        left=None if left is None else float(left),
        shut=_instant(shut),
    )


def _instant(ms: bytes | None) -> datetime | None:
    return None if ms is None else from_ms(int(float(ms)))
