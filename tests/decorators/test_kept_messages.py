"""The copies that a person asked for stand beside the way of a message, never in it."""

from pathlib import Path

import pytest

from tests.support.many_readers import bundle, row
from tests.support.one_delivery import services_with
from tests.support.small_channels import Plain
from worker.decorators.kept_messages import with_kept_messages
from worker.domain.delivery import DeliveryState
from worker.domain.schedule import Subscription
from worker.entry.message_folder import Folder
from worker.flow.run.deliver import deliver

ENTRY = Subscription("r", "mail", "r@acme.example", "pipeline", "en_GB", "UTC")


async def test_a_copy_that_cannot_be_written_leaves_the_delivery_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver had said yes; the delivery stayed `sending`, and the mail went once more."""

    def full(_path: Path, _body: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    folder, channel = Folder(tmp_path / "out"), Plain(parts=1)
    shared, told = services_with(channel, row(0, ENTRY), bundle([ENTRY]))
    assert await deliver(with_kept_messages(shared, folder.keep), told.given.key) is DeliveryState.SENT
    assert "Sent" in told.calls
    [sentence] = folder.failed
    assert "could not be written: No space left on device" in sentence


async def test_every_part_that_was_handed_over_is_kept() -> None:
    kept: list[int] = []
    shared, told = services_with(Plain(parts=2), row(0, ENTRY), bundle([ENTRY]))
    await deliver(with_kept_messages(shared, lambda _key, part, _saved: kept.append(part.number)), told.given.key)
    assert kept == [0, 1]
