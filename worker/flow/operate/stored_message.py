"""A run's message to one reader, made again from stored data, for a person or a program to look at."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from worker.domain.alert.notification import Notification
from worker.domain.delivery import Attachment, Delivery
from worker.domain.digest.model import Digest
from worker.domain.notice import Notice
from worker.domain.schedule import Bundle
from worker.errors import FunnelbeatError, LedgerUnavailable, NotFound, RequestError
from worker.flow.run.comparison import ReaderDigest, attachments
from worker.flow.run.reader_digests import ReaderDigests, UsesDigests
from worker.flow.uses import UsesConnectors
from worker.memo import Memo


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """`page`: the whole message as its channel shows it, `suffix`: how a file of it ends ("html"). `plain`: the form
    for readers without HTML; empty if there is none beside `page`. `shown`: HTML near to what the receiver's program
    shows, where `page` is none. `composed` and `files`: what it was made from.
    """

    subject: str
    page: str
    suffix: str
    plain: str
    composed: Digest | Notice | Notification
    files: tuple[Attachment, ...] = ()
    shown: str = ""


class StoredMessageUses(UsesConnectors, UsesDigests, Protocol): ...


async def stored_message(
    uses: StoredMessageUses, row: Delivery, channel: str = "", address: str | None = None
) -> StoredMessage:
    """The message of a delivery, made from stored data. It does not contain the reader's links, so that nobody who
    looks at it can act in the reader's name.

    `channel`: shows the message as another channel of the same deployment would send it to `address`. Empty: the
    reader's own channel.

    Raises NotFound for a reader whose entry does not exist any more, RequestError for a channel that is not defined,
    LedgerError if an answer is no longer stored, RenderError for a template that fails.
    """
    return await _shown(uses, uses.digests.fresh(), row, channel, address)


async def stored_messages(
    uses: StoredMessageUses, rows: Iterable[Delivery]
) -> AsyncIterator[tuple[Delivery, StoredMessage | FunnelbeatError]]:
    """Messages of one run, each as in `stored_message`, or why it cannot be made. Raises LedgerUnavailable."""
    digests = uses.digests.fresh()
    for row in rows:
        try:
            yield row, await _shown(uses, digests, row, "", None)
        except LedgerUnavailable:
            raise
        except FunnelbeatError as error:
            yield row, error


async def _shown(
    uses: StoredMessageUses, digests: ReaderDigests, row: Delivery, channel: str, address: str | None
) -> StoredMessage:
    digest = await digests.open(row)
    if digest is None:
        raise NotFound(f"{row.key}: its entry is no longer known, so the message cannot be made again")
    if channel:
        digest = _through(uses, digest, channel, address)
    shows = uses.connectors.channel(digest.bundle, digest.entry.channel, digest.entry.address)
    shown = shows.preview(await digest.content(shows), row.key.address)
    composed, files = digest.composed.digest, attachments(digest)
    return StoredMessage(shown.subject, shown.text, shows.preview_suffix, shown.plain, composed, files, shown.shown)


def _through(uses: StoredMessageUses, digest: ReaderDigest, channel: str, address: str | None) -> ReaderDigest:
    """The same digest for another channel. Its rendering is kept nowhere: no delivery has this form."""
    _refuse_unknown(digest.bundle, channel)
    entry = replace(digest.entry, channel=channel, address=address)
    route = uses.connectors.route(digest.bundle, channel, address)
    return replace(digest, entry=entry, route=route, renderings=Memo(1))


def _refuse_unknown(bundle: Bundle, channel: str) -> None:
    if channel not in bundle.channels:
        known = ", ".join(sorted(bundle.channels)) or "none"
        raise RequestError(f"channel: found {channel!r}, expected one of that deployment's: {known}")
