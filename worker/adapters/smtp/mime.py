"""One MIME message per digest, built by the standard library and completed for each reader as bytes.

Building a message takes about a millisecond; inserting a reader's address, Message-ID and Date takes a few
microseconds. So the parts that readers share are built once per MailContent. Tests parse the result and compare.

This avoids two faults of the standard library. It turns long tokens in List-Id, In-Reply-To and List-Unsubscribe into
encoded words, so those headers are written here without folding. It rewrites line ends of text attachments, so they are
attached as bytes.
"""

import base64
import binascii
import hashlib
import html as escapes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote

from worker.adapters.smtp.addresses import ascii_address, mailbox
from worker.domain.delivery import READER, READER_ALERTS, READER_LINK, Attachment, DeliveryKey, Envelope, ReaderLinks
from worker.sanitize import clean

LINE = 76
LONGEST_LINE = 998
SUBJECT_LIMIT = 200
NAME_LIMIT = 60
_READER, _READER_LINK, _READER_ALERTS = READER.encode(), READER_LINK.encode(), READER_ALERTS.encode()
_MARKS = re.compile("(" + "|".join(map(re.escape, (READER, READER_LINK, READER_ALERTS))) + ")")
_MEDIA = re.compile(r"[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?", re.ASCII)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")  # RFC 5322, 3.2.3: a name of these needs no quotes


@dataclass(frozen=True, slots=True)
class MailContent:
    """A mail before its reader is known. READER in `text` and `html` marks the place of the address, READER_LINK that
    of the reader's preferences page, and READER_ALERTS that of the page of alerts. `series`: all mails of one reader
    and schedule are one conversation. `reply_to`: where answers go, each an address with or without a name.
    """

    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    series: bool = False
    reply_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Skeleton:
    """The parts that all readers of one MailContent share: the subject's header lines, both text parts in
    quoted-printable pieces with the marks between them, and the encoded attachments.
    """

    subject: bytes
    text: tuple[bytes, ...]
    html: tuple[bytes, ...]
    attachments: tuple[bytes, ...]


def message(
    content: MailContent, envelope: Envelope, sender: str, list_id: str, unsubscribe_mailbox: str = ""
) -> bytes:
    """The whole message with CRLF line ends and lines of at most 998 octets. Equal arguments give equal bytes.

    `sender` is a header's mailbox ("Pipeline <reports@acme.example>"), `list_id` a name in dots ("weekly.acme-sales").
    `unsubscribe_mailbox`: an address for mails that unsubscribe. Raises ValueError for an address or sender that cannot
    be in a header.
    """
    skeleton = _skeleton(content)
    (name, origin), to = mailbox(sender), ascii_address(envelope.address)
    identity = envelope.key.digest
    headers = [
        b"Date: " + _date(envelope.date),
        b"From: " + _named(name, origin),
        b"To: " + to.encode(),
        *_listed("Cc", [ascii_address(one).encode() for one in envelope.cc]),
        *_listed("Reply-To", [_named(*mailbox(one)) for one in content.reply_to]),
        skeleton.subject,
        f"Message-ID: <{identity}@{origin.rpartition('@')[2]}>".encode(),
        f"List-Id: <{list_id}>".encode(),
        b"Auto-Submitted: auto-generated",
        b"X-Auto-Response-Suppress: OOF, AutoReply",
        *_conversation(envelope.key, origin if content.series else ""),
        *_unsubscribe(envelope.links, unsubscribe_mailbox),
        b"MIME-Version: 1.0",
    ]
    return b"\r\n".join(headers) + b"\r\n" + _body(skeleton, envelope, f"=_{identity}")


def _listed(header: str, mailboxes: Sequence[bytes]) -> list[bytes]:
    """Each on a line of its own, so that no line grows with their number."""
    return [f"{header}: ".encode() + b",\r\n ".join(mailboxes)] if mailboxes else []


def _conversation(key: DeliveryKey, origin: str) -> list[bytes]:
    """RFC 5322, 3.6.4. All mails of a series answer one that was never sent, so that nobody has to remember the first
    one: mail programs put mails with a common ancestor together, also if they do not have it.
    """
    if not origin:
        return []
    root = hashlib.sha256(f"{key.run.schedule}/{key.reader}".encode()).hexdigest()[:32]
    named = f"<series.{root}@{origin.rpartition('@')[2]}>".encode()
    return [b"In-Reply-To: " + named, b"References: " + named]


def _unsubscribe(links: ReaderLinks | None, mailbox: str) -> list[bytes]:
    """RFC 8058. One click is for https only, which stands first; the mail address follows on a line of its own
    (RFC 2369, 2: what stands first is preferred). A line past 998 octets is no header, and then the mail's own link has
    to do.
    """
    if links is None or not links.unsubscribe.startswith("https://"):
        return []
    line = f"List-Unsubscribe: <{links.unsubscribe}>".encode()
    if len(line) > LONGEST_LINE:
        return []
    mail = f" <mailto:{quote(mailbox, safe='@')}?subject=unsubscribe%20{quote(links.token)}>".encode()
    both = mailbox and links.token and max(len(line) + 1, len(mail)) <= LONGEST_LINE
    return [line + b",\r\n" + mail if both else line, b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"]


def list_id(schedule: str, domain: str) -> str:
    """A List-Id (RFC 2919) from a schedule's id: "eu/weekly" of acme.example → "weekly.eu.funnelbeat.acme.example"."""
    labels = [re.sub(r"[^a-z0-9-]+", "-", part.lower()).strip("-") for part in reversed(schedule.split("/"))]
    return ".".join([*(label for label in labels if label), "funnelbeat", domain])


def subject_lines(text: str) -> bytes:
    """The folded Subject header. Encoded words have at most 75 characters (RFC 2047, 2). Line breaks of `text` are
    removed.
    """
    return b"Subject: " + _unstructured(clean(text, SUBJECT_LIMIT) or "-", "Subject")


def _unstructured(value: str, header: str) -> bytes:
    """Encodes text beyond ASCII, and text that a mail reader would take for an encoded word."""
    charset = "us-ascii" if value.isascii() and "=?" not in value else "utf-8"
    return Header(value, charset, maxlinelen=LINE - 1, header_name=header).encode(linesep="\r\n").encode("ascii")


def quoted(text: str) -> bytes:
    """One piece of text in quoted-printable (RFC 2045, 6.7) with CRLF line ends, short enough for a soft line break."""
    raw = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    lines = binascii.b2a_qp(raw, istext=True).split(b"\n")
    if len(lines[-1]) >= LINE:  # leaves room for a soft break, which must not split "=C3"
        last = lines[-1]
        cut = last.rfind(b"=", 0, 60) if b"=" in last[56:60] else 60
        lines[-1:] = [last[:cut] + b"=", last[cut:]]
    return b"\r\n".join(lines)


@lru_cache(maxsize=8)
def _skeleton(content: MailContent) -> _Skeleton:
    return _Skeleton(
        subject_lines(content.subject),
        _pieces(content.text),
        _pieces(content.html),
        tuple(_attached(attachment) for attachment in content.attachments),
    )


def _pieces(text: str) -> tuple[bytes, ...]:
    """Quoted text and marks in turn."""
    parts = _MARKS.split(text)
    return tuple(part.encode() if at % 2 else quoted(part) for at, part in enumerate(parts))


def _body(skeleton: _Skeleton, envelope: Envelope, boundary: str) -> bytes:
    """multipart/alternative, inside multipart/mixed only if there are attachments.

    Neither boundary begins with the other: RFC 2046, 5.1.1 lets a reader compare only the beginning of a line.
    """
    links = envelope.links
    own = {
        _READER: envelope.address,
        _READER_LINK: links.preferences if links is not None else "",
        _READER_ALERTS: links.alerts if links is not None else "",
    }
    escaped = {mark: escapes.escape(text) for mark, text in own.items()}
    inner = boundary.replace("=_", "=_a.", 1) if skeleton.attachments else boundary
    alternative = _multipart(
        "alternative",
        inner,
        (
            _text("plain", _joined(skeleton.text, own)),
            _text("html", _joined(skeleton.html, escaped)),
        ),
    )
    if not skeleton.attachments:
        return alternative
    return _multipart("mixed", boundary, (alternative, *skeleton.attachments))


def _multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    mark = f"--{boundary}".encode()
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _text(subtype: str, body: bytes) -> bytes:
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + body


def _joined(pieces: Sequence[bytes], own: Mapping[bytes, str]) -> bytes:
    """Puts address and links between two soft line breaks each, so that no line exceeds its limit."""
    put = list(pieces)
    for at in range(1, len(pieces), 2):
        if pieces[at] in own:
            put[at] = b"=\r\n" + quoted(own[pieces[at]]) + b"=\r\n"
    return b"".join(put)


def _attached(attachment: Attachment) -> bytes:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", clean(attachment.name, 100)).strip("-.") or "file"
    media = attachment.media_type if _MEDIA.fullmatch(attachment.media_type) else "application/octet-stream"
    if media == "text/csv":
        media += "; charset=utf-8"
    head = (
        f"Content-Type: {media}\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode("ascii") + base64.encodebytes(attachment.body).rstrip(b"\n").replace(b"\n", b"\r\n")


@lru_cache(maxsize=32)
def _named(name: str, address: str) -> bytes:
    """As in "Name <a@b>", with the name plain, quoted or in encoded words as needed. A long name is on its own line."""
    shown = clean(name, NAME_LIMIT)
    if not shown:
        return address.encode()
    if not shown.isascii() or "=?" in shown:
        written = _unstructured(shown, "From")
    elif _ATOMS.fullmatch(shown):
        written = shown.encode()
    else:
        written = b'"' + re.sub(r'(["\\])', r"\\\1", shown).encode() + b'"'
    last = len(written) - written.rfind(b"\n")
    gap = b" " if last + len(address) + len("From: <>") < LINE else b"\r\n "
    return written + gap + b"<" + address.encode() + b">"


def _date(instant: datetime) -> bytes:
    return _second(instant.replace(microsecond=0), instant.utcoffset())


@lru_cache(maxsize=8)
def _second(instant: datetime, _offset: timedelta | None) -> bytes:
    """Kept, because most mails of a digest begin in the same few seconds. Instants are equal in all zones, and are
    written differently.
    """
    return format_datetime(instant).encode("ascii")
