"""A stored message as a person looks at it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import KEY, OneChannel, Opened, reader_digest, uses
from worker.domain.delivery import Baseline, Delivery, DeliveryState
from worker.errors import LedgerUnavailable, NotFound, RequestError
from worker.flow.operate.stored_message import StoredMessage, stored_message, stored_messages
from worker.flow.run.comparison import ReaderDigest
from worker.ports.channels import PreviewPage

ROW = Delivery(KEY, DeliveryState.SENT)


class Mail:
    preview_suffix = "html"

    def content(self, *_: object) -> str:
        return "content"

    def preview(self, content: Any, address: str) -> PreviewPage:
        return PreviewPage(f"to {address}", "<p>page</p>", "text")


async def test_a_message_is_shown_as_its_channel_shows_it() -> None:
    given = uses(digests=Opened(reader_digest()), connectors=OneChannel(Mail()))
    shown = await stored_message(given, ROW)
    composed = reader_digest().composed.digest
    assert shown == StoredMessage(f"to {KEY.address}", "<p>page</p>", "html", "text", composed)


async def test_a_message_is_shown_as_another_channel_would_show_it_and_that_form_is_kept_nowhere() -> None:
    of_reader = reader_digest()
    given = uses(digests=Opened(of_reader), connectors=OneChannel(Mail()))
    await stored_message(given, ROW, "mail", "C0123")
    assert await of_reader.renderings.get("any", not_kept) == "made"
    assert of_reader.entry.address == KEY.address
    with pytest.raises(RequestError, match=r"channel: found 'fax', expected one of that deployment's: mail"):
        await stored_message(given, ROW, "fax")


class Gone(Opened):
    async def open(self, row: Delivery, current: Mapping[str, Baseline] | None = None) -> ReaderDigest | None:
        if row.state is DeliveryState.UNKNOWN:
            raise LedgerUnavailable("Redis is gone")
        return self.digest if row.state is DeliveryState.SENT else None


async def test_a_message_that_cannot_be_made_does_not_hide_the_others_of_its_run() -> None:
    given = uses(digests=Gone(reader_digest()), connectors=OneChannel(Mail()))
    rows = [ROW, replace(ROW, state=DeliveryState.FAILED), ROW]
    found = [one async for _, one in stored_messages(given, rows)]
    assert [type(one) for one in found] == [StoredMessage, NotFound, StoredMessage]
    with pytest.raises(LedgerUnavailable):
        [one async for one in stored_messages(given, [replace(ROW, state=DeliveryState.UNKNOWN)])]


async def not_kept() -> str:
    return "made"


async def test_a_reader_whose_entry_is_gone_has_no_message() -> None:
    with pytest.raises(NotFound, match="no longer known"):
        await stored_message(uses(digests=Opened(None)), ROW)
