"""A run's message to one reader, made again from what is stored, for a person to look at."""

from dataclasses import dataclass
from typing import Protocol

from worker.domain.delivery import Delivery
from worker.errors import NotFound
from worker.flow.run.reader_digests import UsesDigests
from worker.flow.uses import UsesConnectors


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """`page`: the whole message as its channel shows it, `suffix`: how a file of it ends ("html"). `plain`: the form
    for readers without HTML; empty if there is none beside `page`. `shown`: HTML near to what the receiver's program
    shows, where `page` is none.
    """

    subject: str
    page: str
    suffix: str
    plain: str
    shown: str = ""


class StoredMessageUses(UsesConnectors, UsesDigests, Protocol): ...


async def stored_message(uses: StoredMessageUses, row: Delivery) -> StoredMessage:
    """Without the reader's own links, so that nobody acts in a reader's name by looking. Raises NotFound for a reader
    whose entry is gone, LedgerError where an answer is no longer stored, RenderError for a template that fails.
    """
    digest = await uses.digests.open(row)
    if digest is None:
        raise NotFound(f"{row.key}: its entry is no longer known, so the message cannot be made again")
    channel = uses.connectors.channel(digest.bundle, digest.entry.channel, digest.entry.address)
    shown = channel.preview(await digest.content(channel), row.key.address)
    return StoredMessage(shown.subject, shown.text, channel.preview_suffix, shown.plain, shown.shown)
