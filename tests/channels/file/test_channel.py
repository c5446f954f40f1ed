"""What `type: file` writes, under which name, and what becomes of it when it cannot be written."""

import errno
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest

from tests.domain.builders import THIS_WEEK
from tests.golden.digests import HOSTILE, NORMAL
from tests.support.contents import templates
from worker.channels.file.channel import FILE, FileChannel, open_file
from worker.documents.digest_shapes import DigestMessage
from worker.domain.delivery import Attachment, DeliveryKey, Envelope
from worker.domain.digest.model import Digest
from worker.domain.run import RunKey
from worker.domain.schedule import Subscription
from worker.errors import DeliveryDeferred, DeliveryRefused, DeliveryUncertain, RequestError
from worker.ports.channels import RenderRequest

ENTRY = Subscription("shelf", "shelf", None, "pipeline", "en_GB", "Europe/Berlin")
CSV = Attachment("../../etc/passwd\u202e.csv", "text/csv; charset=utf-8", b"a,b\r\n")
STEM = "sales-weekly-20261116T080000Z-"


def envelope(slot: int = 16) -> Envelope:
    key = RunKey("sales/weekly", datetime(2026, 11, slot, 8, tzinfo=UTC))
    return Envelope(DeliveryKey(key, "shelf|webhook"), "webhook", THIS_WEEK)


def inside(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


async def written(channel: FileChannel, digest: Digest = NORMAL, files: tuple[Attachment, ...] = ()) -> list[str]:
    """Every part sent once; the receipts."""
    parts = channel.build(channel.content(RenderRequest(digest, ENTRY, files), templates(None)), envelope())
    return [(await channel.send(part, channel.seal(part, []), envelope())).text for part in parts]


@pytest.mark.parametrize(("form", "suffix"), [("html", "html"), ("text", "txt"), ("json", "json")])
async def test_a_message_is_one_file_that_is_named_after_its_delivery(tmp_path: Path, form: str, suffix: str) -> None:
    channel = open_file({"directory": str(tmp_path), "format": form})
    name = f"{STEM}{envelope().key.digest[:16]}.{suffix}"
    assert await written(channel) == [name]
    assert inside(tmp_path) == [name]
    text = (tmp_path / name).read_text("utf-8")
    assert "Ardent Rail Parts" in text
    assert "Sent to file" in text
    if form == "json":
        msgspec.convert(json.loads(text), DigestMessage, strict=True)


async def test_the_same_delivery_replaces_its_own_file_and_another_one_has_its_own(tmp_path: Path) -> None:
    channel = open_file({"directory": str(tmp_path)})
    assert await written(channel) == await written(channel)
    [part] = channel.build(channel.content(RenderRequest(NORMAL, ENTRY), templates(None)), envelope(slot=23))
    await channel.send(part, part.draft, envelope(slot=23))
    assert len(inside(tmp_path)) == 2
    assert channel.idempotency_key(part, envelope(slot=23)) == part.name


async def test_names_come_from_slugs_and_hashes_never_from_data(tmp_path: Path) -> None:
    channel = open_file({"directory": str(tmp_path)})
    digest = replace(HOSTILE, name="../../x")
    names = await written(channel, digest, (CSV, Attachment("run.sh", "application/x-sh", b"!")))
    stem = f"{STEM}{envelope().key.digest[:16]}"
    assert names == [f"{stem}.html", f"{stem}-1.csv", f"{stem}-2.bin"]
    assert inside(tmp_path) == sorted(names)
    assert (tmp_path / names[1]).read_bytes() == CSV.body


async def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    channel = open_file({"directory": str(tmp_path)})
    [name] = await written(channel)
    (tmp_path / f".{name}.0a0a0a0a.tmp").write_bytes(b"half")
    (tmp_path / ".another.html.0a0a0a0a.tmp").write_bytes(b"half")
    await written(channel)
    assert inside(tmp_path) == [".another.html.0a0a0a0a.tmp", name]


async def test_a_directory_that_is_gone_makes_the_delivery_wait_and_is_not_made_anew(tmp_path: Path) -> None:
    channel = open_file({"directory": str(tmp_path / "gone")})
    with pytest.raises(DeliveryDeferred, match="was not written: No such file or directory"):
        await written(channel)
    assert inside(tmp_path) == []


async def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    channel = open_file({"directory": str(tmp_path)})
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with patch("os.fsync", side_effect=full), pytest.raises(DeliveryDeferred, match="No space left"):
        await written(channel)
    assert inside(tmp_path) == []


async def test_a_file_whose_directory_is_not_on_the_disk_is_unclear(tmp_path: Path) -> None:
    channel = open_file({"directory": str(tmp_path)})
    broken = OSError(errno.EIO, os.strerror(errno.EIO))
    with patch("os.fsync", side_effect=[None, broken]), pytest.raises(DeliveryUncertain, match="Input/output error"):
        await written(channel)
    assert len(inside(tmp_path)) == 1


async def test_doctor_says_whether_it_can_be_written(tmp_path: Path) -> None:
    assert await open_file({"directory": str(tmp_path)}).check([]) == f"{tmp_path} can be written"
    with pytest.raises(DeliveryRefused, match="is no directory; make it"):
        await open_file({"directory": str(tmp_path / "gone")}).check([])
    with patch("os.access", return_value=False), pytest.raises(DeliveryRefused, match="cannot be written by this user"):
        await open_file({"directory": str(tmp_path)}).check([])


def test_options_that_cannot_be_used_are_named() -> None:
    assert [f.found for f in FILE.faults({"directory": "out"})] == ["`directory` with 'out'"]
    assert [f.found for f in FILE.faults({"directory": "/out", "format": "pdf"})] == ["`format` with 'pdf'"]
    assert FILE.faults({"directory": "/out", "format": "json"}) == ()
    for options in ({}, {"directory": "out"}):
        with pytest.raises(RequestError, match="absolute path"):
            open_file(options)
