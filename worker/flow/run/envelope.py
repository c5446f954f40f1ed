"""The identity of one message to one reader, with the reader's own links."""

from datetime import datetime
from typing import Protocol

from worker.domain.address import same
from worker.domain.delivery import Delivery, Envelope, ReaderLinks
from worker.domain.links import PREFERENCES_LAST, Link, Purpose
from worker.domain.subscription import is_shared
from worker.flow.run.comparison import ReaderDigest
from worker.flow.run.copies import copied
from worker.flow.run.readers import is_alert, is_also
from worker.flow.uses import UsesConnectors, UsesLinks


class EnvelopeUses(UsesConnectors, UsesLinks, Protocol): ...


def envelope_of(uses: EnvelopeUses, digest: ReaderDigest, row: Delivery, date: datetime) -> Envelope:
    """The recipient of a delivery, its date, and its links. The links are signed with the key that the first try used,
    so that every try sends the same message.

    A message has no links if the project has no pages or no key, if others read the address or may get a copy, if
    it is no mail, or if it is a notice to the operator. A message that names held digests belongs to several
    subscriptions. So it has no link that unsubscribes with one click.

    Raises RequestError if this process does not have the key.
    """
    base, address, cc = digest.bundle.web, digest.reader.address, copied(digest.entry, row)
    also = is_also(row.key.reader)
    key_id = _key(uses, digest, row) if base and (also or not digest.notice) else ""
    if not key_id:
        return Envelope(row.key, address, date, cc=cc)
    unsubscribe = uses.links.sign(Link(Purpose.UNSUBSCRIBE, digest.reader), key_id)
    preferences = uses.links.sign(Link(Purpose.PREFERENCES, digest.reader, date + PREFERENCES_LAST), key_id)
    if also:
        return Envelope(row.key, address, date, ReaderLinks("", f"{base}/p/{preferences}", key_id))
    alerts = _alerts(uses, digest, date, key_id) if is_alert(row.key.reader) else ""
    links = ReaderLinks(f"{base}/u/{unsubscribe}", f"{base}/p/{preferences}", key_id, unsubscribe, alerts)
    return Envelope(row.key, address, date, links)


def _alerts(uses: EnvelopeUses, digest: ReaderDigest, date: datetime, key_id: str) -> str:
    link = Link(Purpose.ALERTS, digest.reader, date + PREFERENCES_LAST)
    return f"{digest.bundle.web}/a/{uses.links.sign(link, key_id)}"


def _key(uses: EnvelopeUses, digest: ReaderDigest, row: Delivery) -> str:
    """Names the key that signs the links; empty if the message has none."""
    if row.date is not None:
        return row.link_key
    address = digest.reader.address
    own = uses.connectors.mailbox(digest.bundle, digest.entry.channel, address)
    alone = all(same(one, address) for one in digest.entry.cc) and not is_shared(digest.bundle, address)
    return uses.links.key_id if own and alone else ""
