"""One reader's digest: what the run found, what the reader was sent before, and the digest that follows from both.

Everything here is a function of stored inputs, so that a retry, a replay and an explanation use what the first try
used.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from worker.domain.alert.findings_table import LISTED, findings_table
from worker.domain.alert.notification import Notification
from worker.domain.cap import HeldDigest
from worker.domain.decide import decide, sent_baselines, skipped_baselines
from worker.domain.delivery import Attachment, Baseline, Decision, Reader
from worker.domain.digest.csv import as_csv, without_formulas
from worker.domain.digest.model import Digest
from worker.domain.links import console_page
from worker.domain.notice import Notice
from worker.domain.quiet import EVERY_DAY
from worker.domain.reason import Reason
from worker.domain.schedule import Bundle, Collect, OnUnknown, Schedule, Send, Subscription
from worker.domain.snapshot.snapshot import Gap, Snapshot
from worker.memo import Memo
from worker.ports import Channel, Templates
from worker.ports.channels import RenderRequest


@dataclass(frozen=True, slots=True)
class Answers:
    """What a run found, by query id."""

    snapshots: Mapping[str, Snapshot]
    compared: Mapping[str, Snapshot]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class RunSlot:
    """The run of a digest. `run` is its key as text; a preview has no run in the ledger."""

    bundle: Bundle
    schedule: Schedule
    run: str
    slot: datetime
    claimed_at: datetime
    may_repeat: datetime | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one reader's digest is compared with. `compared_with` names it for the ledger; `earlier` holds the
    snapshots; `why_first`: why a query has none.
    """

    compared_with: Mapping[str, Baseline | None]
    earlier: Mapping[str, Snapshot]
    why_first: Mapping[str, Reason]


@dataclass(frozen=True, slots=True)
class Composed:
    """The digest of all readers with the same past and the same audience, and its inputs; or a notice to the operator
    or a notification of alerts, which have none. `key` covers the run, its attempt, its answers, the past and the
    audience, so that two different digests never have the same key. `undecided`: by query, rows that are not shown
    because it is not known whether the audience may see them.
    """

    key: Hashable
    found: Answers
    past: Comparison
    digest: Digest | Notice | Notification
    undecided: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class ReaderDigest:
    """`current`: the reader's present baselines, which a settlement may move. `english`: the services' words for
    attached files. `route`: the name of the channel if the entry's channel stands for several. `alerted`: the run tells
    somebody of an alert. `held` and `more_held`: the digests of which the message tells, as Delivery.tells_of. `run`:
    the run in the ledger, so that it has a page in the console; empty for a run that is not kept.
    """

    bundle: Bundle
    schedule: Schedule
    entry: Subscription
    reader: Reader
    slot: datetime
    composed: Composed
    templates: Templates
    renderings: Memo
    english: Mapping[str, str]
    route: str = ""
    current: Mapping[str, Baseline] = field(default_factory=dict)
    snapshot_ids: Mapping[str, str] = field(default_factory=dict)
    on_demand: bool = False
    alerted: bool = False
    held: tuple[HeldDigest, ...] = ()
    more_held: int = 0
    run: str = ""

    @property
    def notice(self) -> bool:
        """A notice to the operator. It is no reader's digest and moves no baseline."""
        return isinstance(self.composed.digest, Notice)

    @property
    def alerts(self) -> Notification | None:
        """What it tells of alerts; None for a digest and for a notice."""
        return self.composed.digest if isinstance(self.composed.digest, Notification) else None

    @property
    def found(self) -> Answers:
        return self.composed.found

    @property
    def past(self) -> Comparison:
        return self.composed.past

    @property
    def digest(self) -> Digest:
        """Raises TypeError for a notice, and for a notification of alerts."""
        if isinstance(self.composed.digest, Notice | Notification):
            raise TypeError(f"{self.reader.id} has a {type(self.composed.digest).__name__} and no digest")
        return self.composed.digest

    def decide(self) -> Decision:
        """Whether alerts are told was decided when the run was evaluated."""
        if self.alerts is not None:
            return Decision(send=True, reason=Reason.ALERT)
        return decide(
            self.entry.send,
            self.digest,
            on_demand=self.on_demand,
            skip_if_empty=self.entry.skip_if_empty,
            alerted=self.alerted,
        )

    def sent_baselines(self) -> Mapping[str, Baseline]:
        """The baselines that the delivery moves when it is sent, by query: those of complete answers. Only
        a digest moves any.
        """
        return {} if self.notice or self.alerts else sent_baselines(self.slot, self.snapshot_ids, self.found.snapshots)

    def skipped_baselines(self, reason: Reason) -> Mapping[str, Baseline]:
        """The baselines that a skipped delivery moves, by query: those of answers that are equal byte for byte."""
        if reason is not Reason.NO_CHANGE:
            return {}
        return skipped_baselines(self.slot, self.snapshot_ids, self.found.snapshots, self.current, self.past.earlier)

    async def content(self, channel: Channel[Any], *, linked: bool = False) -> Any:
        """Made once for all readers with the same digest, the same form and the same channel. Addresses are put in when
        a message is built. Only the channel reads the content. `linked`: as in RenderRequest.
        """

        async def make() -> Any:
            digest = self.composed.digest
            if self.held and isinstance(digest, Digest):
                digest = replace(digest, held=self.held, more_held=self.more_held)
            request = RenderRequest(digest, _form(self.entry), attachments(self), linked=linked)
            return channel.content(replace(request, run_page=run_page, moves_file=moves_file), self.templates)

        held, (run_page, moves_file) = (self.held, self.more_held), self._pages()
        key = (self.composed.key, _read(self.entry), self.route, linked, held, run_page, moves_file)
        return await self.renderings.get(key, make)

    def _pages(self) -> tuple[str, str]:
        """The addresses of the run and of its moves in the console. Empty for what is no digest of a run, and without a
        console. A file of all moves is not for who sees some of the deals only.
        """
        digest, web = self.composed.digest, self.bundle.web
        if not (self.run and web and self.bundle.console and isinstance(digest, Digest)):
            return "", ""
        file = console_page(web, "moves.csv", self.run) if digest.moves and not digest.narrowed else ""
        return console_page(web, "run", self.run), file


_UNREAD: Mapping[str, Any] = {
    "id": "",
    "address": None,
    "send": Send.ALWAYS,
    "on_unknown": OnUnknown.RESEND,
    "quiet_hours": None,
    "days": EVERY_DAY,
    "collect": Collect.NONE,
    "skip_if_empty": False,
    "uncapped": False,
    "alerts": None,
    "cc": (),
}
"""The fields of an entry that no rendering reads. A new field counts: rendering too often costs time, but rendering too
seldom sends one reader's message to another.
"""

_read = attrgetter(*(each.name for each in fields(Subscription) if each.name not in _UNREAD))
"""The other fields, which tell one form from another."""


def _form(entry: Subscription) -> Subscription:
    """The entry without its reader, and without the fields that no rendering reads."""
    return replace(entry, **_UNREAD)


def attachments(digest: ReaderDigest) -> tuple[Attachment, ...]:
    """The files that `attach:` names: a list's rows as our CSV, and the service's own files without formulas. With a
    notification all of its findings, if the message does not list them.
    """
    files: list[Attachment] = []
    told = digest.composed.digest
    if isinstance(told, Notification) and len(told.findings) > LISTED:
        files.append(Attachment("alerts.csv", "text/csv", as_csv(findings_table(told), digest.english)))
    for query in digest.entry.attach:
        snapshot = digest.found.snapshots.get(query)
        if snapshot is None:
            continue
        files += [Attachment(file.name, file.media_type, without_formulas(file.body)) for file in snapshot.files]
        if snapshot.rows is not None:
            files.append(Attachment(f"{query}.csv", "text/csv", as_csv(snapshot.rows, digest.english)))
    return tuple(files)
