"""The shapes of a message for programs: the body of a webhook, and the content of a file with `format: json`.

docs/reference/message.schema.json is generated from these classes and from those of `section_shapes`. VERSION is
increased if a field is removed or its meaning changes. A new field does not change it: a receiver must ignore unknown
fields.
"""

from typing import Literal, TypedDict

from worker.documents.section_shapes import (
    BridgeDocument,
    FactDocument,
    FiguresDocument,
    FunnelDocument,
    KeyDocument,
    KeyMeasureDocument,
    MoveDocument,
    SourceDocument,
    StageDocument,
    StalledDocument,
    TableDocument,
)

VERSION = 1


class FileDocument(TypedDict):
    """An attachment; `base64` is its content."""

    name: str
    media_type: str
    base64: str


class DigestDocument(TypedDict):
    """One digest for one audience. `subject` and `text` are those of a mail. `slot`: the nominal instant of the run.
    `since`: the slot of the digest that this one is compared with, null for the first. `late`: seconds after the slot.
    `may_repeat`: the slot of an older digest that may have arrived, and whose content this one may repeat. `narrowed`:
    it covers only some deals, those of its reader; `own`: it covers the deals that its reader owns. Every query has an
    entry in `sources`.
    """

    version: int
    subject: str
    text: str
    schedule: str
    name: str
    run: str
    slot: str
    as_of: str | None
    since: str | None
    next_slot: str | None
    late: int
    standing: str
    holds: str
    changed: bool
    empty: bool
    may_repeat: str | None
    narrowed: bool
    own: bool
    key_query: str | None
    keys: list[KeyDocument]
    measure: KeyMeasureDocument | None
    facts: list[FactDocument]
    bridges: list[BridgeDocument]
    moves: list[MoveDocument]
    stages: list[StageDocument]
    stalled: list[StalledDocument]
    funnels: list[FunnelDocument]
    figures: list[FiguresDocument]
    tables: list[TableDocument]
    sources: list[SourceDocument]
    files: list[FileDocument]


class CauseDocument(TypedDict):
    """`who`: a query, or a reader."""

    who: str
    sentence: str


class NoticeDocument(TypedDict):
    """A notice to the operator: a run that failed, or an address or channel that is suspended. `causes` are the first
    ones, `more_causes` is the number of the others.
    """

    version: int
    subject: str
    text: str
    schedule: str
    name: str
    run: str
    trouble: str
    about: str
    reason: str
    causes: list[CauseDocument]
    more_causes: int
    at: str


class DigestMessage(TypedDict):
    """A message with a digest. `timestamp` is the digest's slot."""

    type: Literal["digest"]
    timestamp: str
    data: DigestDocument


class NoticeMessage(TypedDict):
    """A message with a notice to the operator. `timestamp`: when it happened."""

    type: Literal["notice"]
    timestamp: str
    data: NoticeDocument
