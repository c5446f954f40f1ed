"""The mail server's stand-in: bytes as they came, refusals by recipient, and the reply that never comes."""

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from worker.sandbox.server import Sandbox

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
RAW = (
    b"From: reports@acme.example\r\nTo: sales@acme.example\r\nSubject: =?utf-8?q?Weekly_=E2=80=93_pipeline?=\r\n"
    b"Message-ID: <1@acme.example>\r\n\r\n.a line with a dot\r\n..and two\r\n\tand \xc3\xa9 bytes \r\n.\xff\r\n"
)


async def connected(box: Sandbox, patience: float = 10) -> aiosmtplib.SMTP:
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=box.mail.port, timeout=patience, start_tls=False)
    await client.connect()
    return client


async def send(client: aiosmtplib.SMTP, *to: str, raw: bytes = RAW) -> tuple[dict[str, tuple[int, str]], str]:
    refused, reply = await client.sendmail("bounce@acme.example", list(to), raw)
    return {address: (answer.code, answer.message) for address, answer in refused.items()}, reply


async def test_a_message_is_kept_to_the_byte(box: Sandbox) -> None:
    client = await connected(box)
    _, reply = await send(client, "sales@acme.example")
    await client.quit()
    (item,) = box.outbox.of("eml")
    assert item.body == RAW
    assert item.meta == {"from": "bounce@acme.example", "to": "sales@acme.example"}
    assert item.sha256[:12] in reply


async def test_each_message_becomes_a_file_whose_name_is_harmless(tmp_path: Path) -> None:
    out = tmp_path / "demo-out"
    async with Sandbox(out=out, now=lambda: NOW) as box:
        client = await connected(box)
        await send(client, '"../../etc/passwd"@acme.example')
        await send(client, "sales@acme.example")
        await client.quit()
        names = [item.name for item in box.outbox.items]
    assert sorted(path.name for path in out.iterdir()) == names
    assert names[0].startswith("0001-etc-passwd-acme-example-")
    assert all((out / name).read_bytes() == RAW for name in names)


@pytest.mark.parametrize("code", [450, 452, 550, 552])
async def test_one_recipient_is_refused_and_the_other_served(box: Sandbox, code: int) -> None:
    box.mail.faults.refuse("Ghost@acme.example", code)
    client = await connected(box)
    refused, _ = await send(client, "ghost@acme.example", "sales@acme.example")
    assert {address: answer[0] for address, answer in refused.items()} == {"ghost@acme.example": code}
    assert box.outbox.items[0].meta["to"] == "sales@acme.example"
    assert await send(client, "ghost@acme.example")
    await client.quit()
    assert len(box.outbox.items) == 2


async def test_a_message_may_be_refused_whole(box: Sandbox) -> None:
    box.mail.faults.refuse_data(554)
    client = await connected(box)
    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        await send(client, "sales@acme.example")
    assert refused.value.code == 554
    assert box.outbox.items == []
    await client.quit()


async def test_a_connection_that_drops_after_the_message_had_taken_it(box: Sandbox) -> None:
    box.mail.faults.drop()
    client = await connected(box)
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(client, "sales@acme.example")
    assert [item.body for item in box.outbox.items] == [RAW]
    again = await connected(box)
    await send(again, "sales@acme.example")
    await again.quit()
    assert len(box.outbox.items) == 2


async def test_a_busy_server_says_421_and_hangs_up(box: Sandbox) -> None:
    box.mail.faults.busy()
    client = await connected(box)
    with pytest.raises(aiosmtplib.SMTPException) as refused:
        await send(client, "sales@acme.example")
    assert "421" in str(refused.value) or isinstance(refused.value, aiosmtplib.SMTPServerDisconnected)
    assert box.outbox.items == []
    client.close()


async def test_a_slow_reply_outlasts_a_short_patience(box: Sandbox) -> None:
    box.mail.faults.delay(5)
    client = await connected(box, patience=0.2)
    with pytest.raises(aiosmtplib.SMTPReadTimeoutError):
        await send(client, "sales@acme.example")
    client.close()
    assert len(box.outbox.items) == 1


async def test_a_message_of_the_standard_library_arrives_whole(box: Sandbox) -> None:
    message = EmailMessage()
    message["To"] = "Émilie <emi@acme.example>"
    message.set_content("שלום\n" * 50)
    client = await connected(box)
    await send(client, "emi@acme.example", raw=bytes(message))
    await client.quit()
    kept = box.outbox.items[0].body
    assert kept.replace(b"\r\n", b"\n") == bytes(message)
