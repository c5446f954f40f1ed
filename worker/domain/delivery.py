"""A delivery: the attempts to send one run to one reader, with its parts, its identity and its end."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from worker.domain.cap import HeldDigest
from worker.domain.notice import Notice
from worker.domain.reason import Reason
from worker.domain.run import RunKey

READER = "%READER-ADDRESS%"
"""Stands in a filled template for the reader's own address. A digest is rendered once for many readers, and the
channel's `build` puts the address in.
"""

READER_LINK = "%READER-LINK%"
"""Stands in a filled template for the address of the reader's own preferences page."""

READER_ALERTS = "%READER-ALERTS%"
"""Stands in a filled template for the address of the page of the alerts of which the reader was notified."""


class DeliveryState(StrEnum):
    PENDING = "pending"
    DEFERRED = "deferred"
    SENDING = "sending"
    SENT = "sent"
    SKIPPED = "skipped"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Reader:
    """One address in one entry of one schedule. Baselines belong to a reader."""

    schedule: str
    entry: str
    address: str

    @property
    def id(self) -> str:
        """Names the reader within its schedule. It is the field in the hash of a run's deliveries."""
        return f"{self.entry}|{self.address}"


ALERT = "alert:"
"""Begins the id of a reader in a run whose delivery is a notification of alerts: "alert:ENTRY|address", or
"alert:ENTRY/RULE|…".
"""


COPY = "cc:"
"""Begins the entry in the id of an address in `cc`: "cc:ENTRY|address". The same address may also read the entry."""


def plain_id(reader_id: str) -> str:
    """The id that the reader of a notification has as a reader of digests: preferences have it, and entries that a run
    keeps. An entry's id holds no slash.
    """
    if not reader_id.startswith(ALERT):
        return reader_id
    entry, _, address = reader_id.removeprefix(ALERT).partition("|")
    return f"{entry.partition('/')[0]}|{address}"


def shown_reader(reader_id: str) -> str:
    """As people read and write it. Without a name of its own an entry is called "channel:address", and its address
    would stand there twice.
    """
    entry, _, address = reader_id.partition("|")
    return entry if address and (entry == address or entry.endswith(f":{address}")) else reader_id


@dataclass(frozen=True, slots=True)
class DeliveryKey:
    """`run/reader`, with the reader's id. Message-ID, MIME boundary and a webhook's idempotency key derive from it."""

    run: RunKey
    reader: str

    def __str__(self) -> str:
        return f"{self.run}/{self.reader}"

    @property
    def shown(self) -> str:
        """As people read it, and write it back."""
        return f"{self.run}/{shown_reader(self.reader)}"

    @classmethod
    def parse(cls, text: str) -> "DeliveryKey":
        """Raises ValueError for anything other than a complete key."""
        run, reader = cls.parted(text)
        return cls(RunKey.parse(run), reader)

    @staticmethod
    def parted(text: str) -> tuple[str, str]:
        """Run and reader as written; the run may be ID@latest. A run holds an @, and may hold a / before it.

        Raises ValueError if there is no @, or no / after it.
        """
        slash = text.index("/", text.index("@"))
        return text[:slash], text[slash + 1 :]

    @property
    def address(self) -> str:
        """The reader's address. The reader's id is "entry|address"."""
        return self.reader.split("|", 1)[1]

    @property
    def digest(self) -> str:
        """32 hexadecimal characters, the same in every try."""
        return hashlib.sha256(str(self).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The last complete answer to one query that one reader was sent. `snapshot` is empty, and `slot` the epoch, where
    somebody reset it to nothing at `as_of`.
    """

    snapshot: str
    slot: datetime
    as_of: datetime  # of the first byte: "created since" is asked from this instant

    @property
    def taken_away(self) -> bool:
        return not self.snapshot


@dataclass(frozen=True, slots=True)
class BaselineMove:
    """A reader whose owner has another address now: `new` continues with the baselines of `old`. `ends`: the old
    address belongs to nobody any more.
    """

    old: Reader
    new: Reader
    ends: bool


@dataclass(frozen=True, slots=True)
class PartState:
    """`receipt`: the receiver's own words or ids (queue id; channel and ts). `sha256` is of the exact bytes sent."""

    state: DeliveryState = DeliveryState.PENDING
    sha256: str = ""
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The ledger's row. `compared_with` maps a query's id to the baseline of the first decision, which stays (None:
    there was none). `why_first` says for queries without a baseline why there is none, and stays too. `date`: the
    instant of the first intent. `resent`: the delivery is a possible duplicate. `version`: the Funnelbeat that rendered
    the last try. `link_key`: names the key that signed the message's links, empty if it has none. `may_have_arrived`:
    the delivery was unknown when a newer run superseded it or it expired. `notice`: the content of a notice to the
    operator. `may_repeat`: the slot of an older digest that may have arrived, whose content this one may repeat.
    `content`: of a notification of alerts, the name under which its run stores the content. `tells_of`: held digests
    that this one names, oldest first, and `tells_of_more` that are only counted. `left_out`: places in the entry's
    `cc`, from 0, of addresses that get no copy, each with why; fixed by the first intent, and without the address
    itself, which only the definition holds. `untold`: places in the held digests, from 0, that this one does not name
    after all, because their reader was removed or stopped them; fixed as well. `strange`: what a newer version fixed
    besides, by its names.
    """

    key: DeliveryKey
    state: DeliveryState
    attempt: int = 0
    reason: Reason | None = None
    sentence: str = ""
    not_before: datetime | None = None
    expires: datetime | None = None
    date: datetime | None = None
    compared_with: Mapping[str, Baseline | None] | None = None
    parts: tuple[PartState, ...] = ()
    resent: bool = False
    held: bool = False
    settled_at: datetime | None = None
    why_first: Mapping[str, Reason] = field(default_factory=dict)
    version: str = ""
    link_key: str = ""
    may_have_arrived: bool = False
    notice: Notice | None = None
    may_repeat: datetime | None = None
    content: str = ""
    tells_of: tuple[HeldDigest, ...] = ()
    tells_of_more: int = 0
    left_out: Mapping[int, Reason] = field(default_factory=dict)
    untold: tuple[int, ...] = ()
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to send, with the reason. `until`: for a delivery that has to wait."""

    send: bool
    reason: Reason
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ReaderLinks:
    """Addresses of pages for one reader. `unsubscribe` is empty where no click may end a single subscription. `key_id`
    names the key that signed them. `token`: what is signed in `unsubscribe`, for a way without a page; as empty.
    `alerts`: where alerts are acknowledged; empty in a message without alerts.
    """

    unsubscribe: str
    preferences: str
    key_id: str
    token: str = ""
    alerts: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The identity of one message to one reader. It is the same in every try, so that a second copy can be
    recognised. `cc`: who gets a copy of the same message. `withheld`: those of `cc` whom this try does not send it,
    although the message names them.
    """

    key: DeliveryKey
    address: str
    date: datetime
    links: ReaderLinks | None = None
    cc: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to send: a mail, a post, an upload. `name` is a file name made from slugs, never from data.

    `draft` is complete except for what earlier receipts bring (such as the parent of a thread).
    """

    number: int
    kind: str
    name: str
    draft: bytes
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefusedCopy:
    """An address in `cc` that the receiver refused although it accepted the message. `words`: the receiver's, with its
    code. `dead`: the address itself is permanently at fault.
    """

    address: str
    words: str
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """`text`: what the receiver said or named, stored in the ledger, at most 200 characters."""

    text: str
    refused: tuple[RefusedCopy, ...] = ()
