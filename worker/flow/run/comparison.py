"""One reader's case: what the run found, what the reader was sent before, and the digest that follows from both.

Everything here is a function of stored inputs, so a retry, a replay and an explanation see what the first try saw.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from worker.domain.decide import decide, sent_baselines, skipped_baselines
from worker.domain.delivery import Attachment, Baseline, Decision, Reader
from worker.domain.digest.csv import as_csv, without_formulas
from worker.domain.digest.model import Digest
from worker.domain.reason import Reason
from worker.domain.schedule import Bundle, OnUnknown, Schedule, Send, Subscription
from worker.domain.snapshot.snapshot import Gap, Snapshot
from worker.flow.run.readers import OPERATOR
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
    """The run that a digest is of. `run` is its key as text; a preview has no run in the ledger."""

    bundle: Bundle
    schedule: Schedule
    run: str
    slot: datetime
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one reader compares with. `compared_with` names it for the ledger; `earlier` holds the snapshots;
    `why_first` says of the queries without one why there is none.
    """

    compared_with: Mapping[str, Baseline | None]
    earlier: Mapping[str, Snapshot]
    why_first: Mapping[str, Reason]


@dataclass(frozen=True, slots=True)
class Composed:
    """What all readers with the same past are told, and what it follows from. `key` names the run, its attempt and
    answers, and the past: two that are told different things never have the same.
    """

    key: Hashable
    found: Answers
    past: Comparison
    digest: Digest


@dataclass(slots=True)
class ReaderDigest:
    """`current` are the reader's baselines as they stand now, which a settlement may move. `english`: services' words
    for attached files. `route` names the channel where the entry's channel stands for several.
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

    @property
    def notice(self) -> bool:
        """A word to the operator about a run that brought nothing: no reader's digest, moves no baseline."""
        return self.entry.id == OPERATOR

    @property
    def found(self) -> Answers:
        return self.composed.found

    @property
    def past(self) -> Comparison:
        return self.composed.past

    @property
    def digest(self) -> Digest:
        return self.composed.digest

    def decide(self) -> Decision:
        return decide(self.entry.send, self.digest, on_demand=self.on_demand)

    def sent_baselines(self) -> Mapping[str, Baseline]:
        """The baselines that the delivery moves when it is sent, by query: those of complete answers."""
        return {} if self.notice else sent_baselines(self.slot, self.snapshot_ids, self.found.snapshots)

    def skipped_baselines(self, reason: Reason) -> Mapping[str, Baseline]:
        """The baselines that a skipped delivery moves, by query: those of answers that are equal byte for byte."""
        if reason is not Reason.NO_CHANGE:
            return {}
        return skipped_baselines(self.slot, self.snapshot_ids, self.found.snapshots, self.current, self.past.earlier)

    async def content(self, channel: Channel[Any]) -> Any:
        """Made once for all who are told the same in the same words through the same channel; addresses are put in when
        a message is built. Only the channel looks inside.
        """
        form = _form(self.entry)

        async def make() -> Any:
            return channel.content(RenderRequest(self.digest, form, attachments(self)), self.templates)

        return await self.renderings.get((self.composed.key, form, self.route), make)


def _form(entry: Subscription) -> Subscription:
    """The entry without its reader and without the fields that no rendering reads. A field that is added later counts:
    rendering too often costs time, and too seldom sends one reader what is another's.
    """
    return replace(entry, id="", address=None, send=Send.ALWAYS, on_unknown=OnUnknown.RESEND)


def attachments(digest: ReaderDigest) -> tuple[Attachment, ...]:
    """What `attach:` names: a list's rows as our CSV, a funnel's per-user file as the service made it, without
    formulas.
    """
    files: list[Attachment] = []
    for query in digest.entry.attach:
        snapshot = digest.found.snapshots.get(query)
        if snapshot is None:
            continue
        files += [Attachment(file.name, file.media_type, without_formulas(file.body)) for file in snapshot.files]
        if snapshot.rows is not None:
            files.append(Attachment(f"{query}.csv", "text/csv", as_csv(snapshot.rows, digest.english)))
    return tuple(files)
