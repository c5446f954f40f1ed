"""Alert rules' states, what evaluations found, notifications, acknowledgements and silences, as the ledger keeps them.

A state is text: its version, a blank, the snapshot that the rule was last evaluated over, a line's end, and the rest,
compressed. Scripts read what stands before the line's end.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from worker.adapters.redis_store.plain import pack, unpack
from worker.domain.alert.notification import Notification
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import Acknowledgement, RuleState
from worker.errors import LedgerError
from worker.ports import AlertRecord

VERSION = 1
RECORD = "e"


@dataclass(frozen=True, slots=True)
class _Note:
    acknowledgement: Acknowledgement | None = None
    silence: Silence | None = None
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class _Versioned:
    version: int


_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 1, tzinfo=UTC)
"""Of a silence whose beginning or end is not known."""
_VERSIONED = msgspec.json.Decoder(_Versioned)
_NOTE = msgspec.json.Decoder(_Note)
_STATE = msgspec.msgpack.Decoder(RuleState)
_RECORD = msgspec.msgpack.Decoder(AlertRecord)
_NOTIFICATION = msgspec.msgpack.Decoder(Notification)


def state_text(state: RuleState) -> bytes:
    """As it is stored after this write: its version is the next one."""
    written = replace(state, version=state.version + 1)
    return f"{written.version} {written.snapshot}\n".encode() + pack(written, VERSION)


def state_of(raw: bytes) -> RuleState:
    """Raises LedgerError for another version of the program's."""
    return unpack(_STATE, raw.partition(b"\n")[2], VERSION, "the state of an alert rule")


def contents(notifications: Mapping[str, Notification]) -> tuple[dict[str, bytes], dict[str, str]]:
    """Each content once, by its name; and its name, by reader's id."""
    bodies: dict[str, bytes] = {}
    names: dict[str, str] = {}
    made: list[tuple[Notification, str]] = []
    for reader, told in notifications.items():
        name = next((known for one, known in made if one is told), None)  # a shared one may be large
        if name is None:
            body = notification_body(told)
            name = hashlib.blake2b(body, digest_size=8).hexdigest()
            made.append((told, name))
            bodies[name] = body
        names[reader] = name
    return bodies, names


def notification_body(shown: Notification) -> bytes:
    return pack(shown, VERSION)


def notification_of(raw: bytes) -> Notification:
    return unpack(_NOTIFICATION, raw, VERSION, "a stored notification")


def record_body(record: AlertRecord) -> bytes:
    """Without the states, which are stored by themselves, and what only making notifications needs."""
    found = tuple(replace(one, state=RuleState(), judgements={}) for one in record.evaluations)
    return pack(replace(record, evaluations=found), VERSION)


def record_of(raw: bytes) -> AlertRecord:
    return unpack(_RECORD, raw, VERSION, "what a run's alert rules found")


def ack_text(ack: Acknowledgement) -> str:
    return msgspec.json.encode(_Note(acknowledgement=ack)).decode()


def silence_text(silence: Silence) -> str:
    return msgspec.json.encode(_Note(silence=silence)).decode()


def ack_of(raw: bytes) -> Acknowledgement:
    """Raises LedgerError for one that cannot be read."""
    found = _note(raw).acknowledgement
    if found is None:
        raise LedgerError("what is stored as an acknowledgement is none")
    return found


def silence_of(silence_id: str, raw: bytes) -> Silence:
    """A silence that cannot be read is listed, and mutes nothing: decision 122."""
    try:
        found = _note(raw).silence
    except LedgerError as error:
        starts, until = _instant(raw, "starts") or _FIRST, _instant(raw, "until") or _LAST
        return Silence(silence_id, (), "", "", starts, until, unreadable=str(error))
    if found is None:
        return Silence(silence_id, (), "", "", _FIRST, _LAST, unreadable="what is stored as a silence is none")
    return found


def _note(raw: bytes) -> _Note:
    """Raises LedgerError."""
    try:
        version = _VERSIONED.decode(raw).version
        if version != VERSION:
            raise LedgerError(f"its record has version {version}; this program reads version {VERSION}")
        return _NOTE.decode(raw)
    except msgspec.MsgspecError as error:
        raise LedgerError(f"its record cannot be read: {error}") from error


def _instant(raw: bytes, name: str) -> datetime | None:
    """Of a silence that cannot be read as a whole."""
    try:
        found = msgspec.convert(msgspec.json.decode(raw)["silence"][name], datetime)
    except (KeyError, TypeError, msgspec.MsgspecError):
        return None
    return found if found.tzinfo is not None else None
