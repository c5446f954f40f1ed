"""A stored message as a person looks at it."""

from typing import Any

import pytest

from tests.support.fakes import KEY, OneChannel, Opened, reader_digest, uses
from worker.domain.delivery import Delivery, DeliveryState
from worker.errors import NotFound
from worker.flow.operate.stored_message import StoredMessage, stored_message
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
    assert shown == StoredMessage(f"to {KEY.address}", "<p>page</p>", "html", "text")


async def test_a_reader_whose_entry_is_gone_has_no_message() -> None:
    with pytest.raises(NotFound, match="no longer known"):
        await stored_message(uses(digests=Opened(None)), ROW)
