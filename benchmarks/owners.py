"""A digest for each owner of a list, against one digest of the whole list: processor time, from answers in memory."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from benchmarks.measure import Figure, Progress, Result, Verdict, compared, in_turns
from benchmarks.tables import AFTER, BEFORE, deals
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.redis_store.snapshot_codec import decode_table, encode_table
from worker.adapters.triggers import ApTriggers
from worker.connectors import SILENT, OpenConnectors
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState
from worker.domain.run import Run, RunKey, RunState
from worker.domain.schedule import (
    Bundle,
    ChannelSpec,
    Connection,
    Defaults,
    Each,
    Follow,
    Query,
    Schedule,
    Subscription,
    Trigger,
)
from worker.domain.snapshot.snapshot import Snapshot, Table
from worker.flow.run.comparison import ReaderDigest
from worker.flow.run.reader_digests import ReaderDigests

AIM = 4
UNIT = "ms"
LIST = Query("deals", "close", "opportunities", params={"status_type": "active"}, follow=Follow.CLOSED)
TEAM = Subscription("team", "mail", "team@acme.example", "pipeline", "en_GB", "UTC")
OWNERS = replace(TEAM, id="owners", address=None, each=Each.OWNER)
PLAN = Schedule(
    Trigger("cron", "UTC", "0 8 * * MON"),
    id="weekly",
    name="Weekly",
    report=(LIST,),
    bridge="deals",
    to=(TEAM, OWNERS),
)
CONNECTIONS = {"close": Connection("close", "sandbox")}
BUNDLE = Bundle("acme", Defaults(), CONNECTIONS, {"mail": ChannelSpec("mail", "sandbox")}, {PLAN.id: PLAN})
RUN = Run(
    RunKey(PLAN.id, AFTER),
    RunState.DELIVERING,
    "cron",
    "bundle",
    1,
    AFTER,
    AFTER + timedelta(hours=1),
    1,
    snapshots=(("deals", "now"),),
)
PAST = {"deals": Baseline("before", BEFORE, BEFORE)}


@dataclass(frozen=True, slots=True)
class Sizes:
    rows: int
    owners: tuple[int, ...]
    rounds: int


FULL = Sizes(10_000, (200, 500), 5)
QUICK = Sizes(10_000, (200,), 3)
TINY = Sizes(200, (4, 8), 2)


class Stored:
    """The ledger and the snapshots: one run, one bundle, two answers."""

    def __init__(self, answers: Mapping[str, Snapshot]) -> None:
        self._answers = answers

    async def run(self, _key: RunKey) -> Run:
        return RUN

    async def subscribed(self, _key: RunKey) -> Mapping[str, Subscription]:
        return {}

    async def bundle(self, _id: str) -> Bundle:
        return BUNDLE

    async def load(self, snapshot_id: str) -> Snapshot | None:
        return self._answers.get(snapshot_id)


class Digests:
    """Each sample starts in a process state without memory."""

    def __init__(self, rows: int, owners: int) -> None:
        # As read from storage, so that equal cells are different objects.
        was, now, left = (decode_table(encode_table(one).body) for one in deals(rows, owners))
        self.addresses = {name: f"{name}@acme.example" for name in sorted(_owners([was, now]))}
        self._stored: Any = Stored({"before": self._answer(was, BEFORE, None), "now": self._answer(now, AFTER, left)})
        self._connectors = OpenConnectors(SILENT, Path.cwd(), offline=True)
        self.rows = len(now.rows)

    def _answer(self, listed: Table, at: datetime, followed: Table | None) -> Snapshot:
        return Snapshot(
            "deals",
            "fingerprint",
            None,
            at,
            (at, at),
            tables=(listed,),
            members=frozenset(row.key for row in listed.rows),
            followed=followed,
            main=listed.id,
            addresses=tuple(self.addresses.items()),
        )

    def one(self) -> float:
        return asyncio.run(self._made([f"team|{TEAM.address}"]))

    def each(self) -> float:
        return asyncio.run(self._made([f"owners|{one}" for one in self.addresses.values()]))

    def messages(self) -> float:
        readers = [f"owners|{one}" for one in self.addresses.values()]
        return asyncio.run(self._made(readers, rendered=True))

    async def _made(self, readers: list[str], *, rendered: bool = False) -> float:
        stored = self._stored
        source = ReaderDigests(stored, stored, stored, stored, self._connectors, ApTriggers(), CelExpressions(), stored)
        opened = []
        began = time.process_time()
        for reader in readers:
            row = Delivery(DeliveryKey(RUN.key, reader), DeliveryState.PENDING)
            made = cast("ReaderDigest", await source.open(row, PAST))
            opened.append(made)
            if rendered:
                await made.content(self._connectors.channel(BUNDLE, "mail", made.reader.address))
        spent = time.process_time() - began
        counted = sum(figure.count or 0 for made in opened for figure in made.digest.keys)
        assert counted == self.rows, f"the digests hold {counted} of {self.rows} rows"
        return 1000 * spent


def _owners(listed: Iterable[Table]) -> set[str]:
    return {str(row.cells[one.index("owner_id")]) for one in listed for row in one.rows}


def run(sizes: Sizes, progress: Progress) -> Result:
    """The aim is one for the first number of owners."""
    found = [_of(sizes, owners, progress) for owners in sizes.owners]
    figures = tuple(figure for some, _, _ in found for figure in some)
    return Result("owners", figures, (found[0][1],), tuple(note for _, _, note in found))


def _of(sizes: Sizes, owners: int, progress: Progress) -> tuple[tuple[Figure, ...], Verdict, str]:
    ours = Digests(sizes.rows, owners)
    case, many = f"{sizes.rows:,} rows", f"{len(ours.addresses)} owners"
    one, each, messages = "one digest of the list", f"{many}, a digest each", f"{many}, digest and mail"
    contenders = {each: ours.each, one: ours.one, messages: ours.messages}
    taken = in_turns(contenders, sizes.rounds, progress, f"{many}, {case}")
    figures = {who: Figure(f"{case}, {many}", who, UNIT, samples) for who, samples in taken.items()}
    what = f"{many} to one digest of {case}, processor time"
    verdict = compared(what, figures[each], figures[one], AIM, at_least=False)
    with_mail = figures[messages].median / figures[one].median
    apiece = figures[messages].median / len(ours.addresses)
    note = f"{many}: {verdict.value:.3g} ×; with the mails rendered {with_mail:.3g} ×, {apiece:.2g} ms for each owner"
    return tuple(figures.values()), verdict, note
