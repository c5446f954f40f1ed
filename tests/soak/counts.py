"""The result of a soak: every delivery of the ledger compared with what the stand-ins received."""

import hashlib
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.soak.faults import Hit
from tests.support.installation import Installation
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.missed import MissedRow
from worker.domain.reason import Reason
from worker.domain.run import CLOSED, Run
from worker.flow.services import Services
from worker.sandbox.outbox import Received


def entry_of(row: Delivery) -> str:
    """A run may have several notices to the operator: "operator/…"."""
    return row.key.reader.partition("|")[0].partition("/")[0]


KINDS = {
    "team": "email",
    "room": "slack token",
    "hook": "slack webhook",
    "signed": "webhook",
    "shelf": "file",
    "operator": "email",
    "owners": "owners' email",
    "seats": "owners' slack",
    "large": "rows' email",
    "ample": "rows' slack",
    "alert:watch": "alerts' email",
    "alert:bell": "alerts' slack",
}
ALL = 100_000
FILES = "files"
"""The folder beside the project's that the file channel writes to."""


def kind_of(row: Delivery) -> str:
    """The sandbox's channel takes both forms of address: an owner without a place in the chat is reached by mail."""
    entry = entry_of(row)
    return KINDS["owners"] if entry == "seats" and "@" in row.key.address else KINDS.get(entry, "email")


@dataclass(frozen=True, slots=True)
class Fate:
    """One delivery. `copies`: how often its least and its most often received part arrived."""

    run: Run
    row: Delivery
    copies: tuple[int, int]

    @property
    def kind(self) -> str:
        return kind_of(self.row)

    @property
    def lost(self) -> bool:
        """The ledger says that it was sent, and no receiver has it. Of a digest whose later parts are missing, as the
        ledger says too, the receiver has the main part.
        """
        arrived = self.copies[1 if self.row.reason is Reason.PARTS_MISSING else 0]
        return self.row.state is DeliveryState.SENT and arrived == 0

    @property
    def counted(self) -> bool:
        return self.row.resent

    @property
    def repeated(self) -> bool:
        return self.copies[1] > 1

    @property
    def silent(self) -> bool:
        """It arrived more often than the ledger accounts for."""
        return self.copies[1] > 1 + self.counted


@dataclass(slots=True)
class Line:
    """Counts for one kind of delivery."""

    deliveries: int = 0
    sent: int = 0
    found: int = 0
    counted: int = 0
    repeated: int = 0
    silent: int = 0
    lost: int = 0
    skipped: int = 0
    other: int = 0

    def add(self, fate: Fate) -> None:
        row = fate.row
        self.deliveries += 1
        self.sent += row.state is DeliveryState.SENT
        self.found += row.reason is Reason.FOUND
        self.counted += fate.counted
        self.repeated += fate.repeated
        self.silent += fate.silent
        self.lost += fate.lost
        self.skipped += row.state is DeliveryState.SKIPPED
        self.other += row.state not in {DeliveryState.SENT, DeliveryState.SKIPPED}


@dataclass(slots=True)
class Counts:
    """`strangers`: messages that no delivery accounts for. `again`: signed webhooks that came once more under an id
    that their receiver had taken.
    """

    runs: tuple[Run, ...]
    missed: tuple[MissedRow, ...]
    fates: tuple[Fate, ...]
    hits: Sequence[Hit] = ()
    strangers: int = 0
    again: int = 0
    by_kind: dict[str, Line] = field(default_factory=lambda: defaultdict(Line))

    def __post_init__(self) -> None:
        for fate in self.fates:
            self.by_kind[fate.kind].add(fate)

    def of(self, schedule: str) -> list[Fate]:
        return [fate for fate in self.fates if fate.run.key.schedule == schedule]

    def abandoned(self) -> list[Run]:
        return [run for run in self.runs if run.reason is Reason.ABANDONED]

    def unaccounted(self, schedule: str, every: int, since: datetime, until: datetime) -> list[str]:
        """Slots of an `every:` schedule in (since, until] that not exactly one run or missed range accounts for."""
        named = [run.key.slot for run in self.runs if run.key.schedule == schedule and not run.key.kind]
        for gone in self.missed:
            if gone.schedule == schedule:
                named += [gone.first + n * timedelta(seconds=every) for n in range(gone.count)]
        times = Counter(slot for slot in named if since < slot <= until)
        first = int(since.timestamp()) // every * every + every
        expected = {datetime.fromtimestamp(s, since.tzinfo) for s in range(first, int(until.timestamp()) + 1, every)}
        return [f"{slot}: {times[slot]} times" for slot in sorted(expected | set(times)) if times[slot] != 1]

    def by_point(self) -> dict[str, tuple[int, Line]]:
        """Fail point or kind of process → number of kills, and the deliveries of runs that were open then."""
        found: dict[str, tuple[int, Line]] = {}
        counts = Counter(hit.what for hit in self.hits)
        for what, times in sorted(counts.items()):
            instants = [hit.at for hit in self.hits if hit.what == what]
            line = Line()
            for fate in self.fates:
                if any(_in_flight(fate.run, at) for at in instants):
                    line.add(fate)
            found[what] = times, line
        return found

    def tables(self) -> str:
        states = Counter(str(run.state) for run in self.runs)
        gone = sum(missed.count for missed in self.missed)
        head = f"{len(self.runs)} runs ({_listed(states)}), {gone} slots missed, {len(self.hits)} kills"
        head += f", {self.again} signed webhooks sent again under one id"
        columns = tuple(Line.__dataclass_fields__)
        lines = [_row("class", "", columns)] + [_row(k, "", _values(line)) for k, line in sorted(self.by_kind.items())]
        lines += [_row("killed at", "times", columns)]
        lines += [_row(what, str(times), _values(line)) for what, (times, line) in self.by_point().items()]
        return "\n".join([head, *lines])


def _in_flight(run: Run, at: float) -> bool:
    closed = run.closed_at.timestamp() if run.closed_at else float("inf")
    return run.claimed_at.timestamp() <= at <= closed


def _values(line: Line) -> tuple[str, ...]:
    return tuple(str(getattr(line, name)) for name in Line.__dataclass_fields__)


def _row(name: str, times: str, values: Iterable[str]) -> str:
    return f"{name:<24}{times:>6}" + "".join(f"{value:>11}" for value in values)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))


OPEN = {DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.SENDING, DeliveryState.UNKNOWN}


Ledger = tuple[tuple[Run, ...], tuple[MissedRow, ...], list[tuple[Run, Delivery]]]


def still_open(here: Installation) -> list[str]:
    """Runs and deliveries that are not closed. A held delivery counts as closed."""

    async def look(services: Services) -> list[str]:
        found = []
        for run in await services.lookups.runs(None, ALL):
            rows = await services.lookups.deliveries(run.key)
            found += [f"{row.key} {row}" for row in rows if row.state in OPEN and not row.held]
            found += [f"{run.key} {run.state}"] if run.state not in CLOSED else []
        return found

    return here.ask(look)


def wait_until_closed(here: Installation, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while found := still_open(here):
        if time.monotonic() > deadline:
            raise AssertionError("\n".join(["still open:", *found, here.report()]))
        here.processes.look_after()
        time.sleep(0.2)


def counts_of(here: Installation, hits: Sequence[Hit] = ()) -> Counts:
    """What the receivers have, and the ledger as it was before and after they were asked: a notice may be sent in
    between, and would be counted as lost or as a stranger.
    """
    ledger, items, taken = _seen(here)
    while _ledger(here) != ledger:
        ledger, items, taken = _seen(here)
    runs, missed, rows = ledger
    mails, posts, uploads, signed = _received(items)
    arrived = Counter(item.sha256 for item in items if item.kind == "slack" and item.meta.get("channel") == "C0WEBHOOK")
    hooks = _shared_out(arrived, [row for _, row in rows])
    written = Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in (here.place.parent / FILES).glob("*.*"))
    fates = [Fate(run, row, _copies(row, mails, posts, uploads, hooks, signed, written)) for run, row in rows]
    known = {row.key.digest for _, row in rows}
    shas = {part.sha256 for _, row in rows for part in row.parts}
    strangers = sum(n for digest, n in mails.items() if digest not in known)
    strangers += sum(n for told, n in posts.items() if told.partition(".")[0] not in known)
    strangers += sum(n for sha, n in arrived.items() if sha not in shas)
    strangers += sum(n for told, n in signed.items() if told.removeprefix("msg_") not in known)
    return Counts(runs, missed, tuple(fates), hits, strangers, sum(taken.values()) - len(taken))


def _seen(here: Installation) -> tuple[Ledger, list[Received], dict[str, int]]:
    """The ledger, then what the receivers have."""
    ledger = _ledger(here)
    items: list[Received] = here.box.call(lambda box: list(box.outbox.items))
    return ledger, items, here.box.call(lambda box: dict(box.receiver.arrived))


def _ledger(here: Installation) -> Ledger:
    async def look(services: Services) -> Ledger:
        runs = await services.lookups.runs(None, ALL)
        rows = [(run, row) for run in runs for row in await services.lookups.deliveries(run.key)]
        return runs, await services.lookups.missed(None, ALL), rows

    return here.ask(look)


def _received(items: Sequence[Received]) -> tuple[Counter[str], Counter[str], Counter[str], Counter[str]]:
    """Mails by the delivery in their Message-ID, posts by their delivery id, files by the mark in their title, signed
    webhooks by their id.
    """
    mails: Counter[str] = Counter()
    posts: Counter[str] = Counter()
    uploads: Counter[str] = Counter()
    signed = Counter(item.meta["id"] for item in items if item.kind == "webhook")
    for item in items:
        if item.kind == "eml":
            found = re.search(rb"^Message-ID:\s*<([0-9a-f]{32})@", item.body, re.MULTILINE | re.IGNORECASE)
            mails[found[1].decode() if found else "no id"] += 1
        elif item.kind == "slack" and item.meta.get("channel") != "C0WEBHOOK":
            told = json.loads(item.body).get("metadata", {}).get("event_payload", {}).get("delivery_id", "no id")
            posts[told] += 1
        elif item.kind == "upload":
            uploads[item.meta["title"].rpartition(" ")[2]] += 1
    return mails, posts, uploads, signed


def _shared_out(arrived: Counter[str], rows: Sequence[Delivery]) -> Counter[str]:
    """Webhook posts by delivery. A post names none, and two runs that found the same may say the same: each gets one,
    those that may have been sent twice get what is left, and what is left then goes to the first.
    """
    by_sha: dict[str, list[Delivery]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.state is not DeliveryState.SENT):
        if KINDS.get(entry_of(row)) == "slack webhook" and row.parts:
            by_sha[row.parts[0].sha256].append(row)
    shares: Counter[str] = Counter()
    for sha, alike in by_sha.items():
        turns = [*alike, *(row for row in alike if row.resent)]
        for row in turns[: arrived[sha]]:
            shares[str(row.key)] += 1
        shares[str(alike[0].key)] += max(arrived[sha] - len(turns), 0)
    return shares


def _copies(
    row: Delivery,
    mails: Counter[str],
    posts: Counter[str],
    uploads: Counter[str],
    hooks: Counter[str],
    signed: Counter[str],
    written: Counter[str],
) -> tuple[int, int]:
    kind = kind_of(row)
    if kind == "file":
        each = [written[part.sha256] for part in row.parts] or [0]
        return min(each), max(each)
    if kind.endswith("email"):
        return mails[row.key.digest], mails[row.key.digest]
    if kind == "webhook":
        return signed[f"msg_{row.key.digest}"], signed[f"msg_{row.key.digest}"]
    if kind == "slack webhook":
        return hooks[str(row.key)], hooks[str(row.key)]
    each = [posts[f"{row.key.digest}.{number}"] for number in range(max(len(row.parts), 1))]
    if uploads[row.key.digest[:8]] and each[-1] == 0:
        each[-1] = uploads[row.key.digest[:8]]
    return min(each), max(each)
