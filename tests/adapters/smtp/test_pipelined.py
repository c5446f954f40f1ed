"""What only a server that takes several commands at once can do. The rest is in test_client.py, for both kinds."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from aiosmtplib.protocol import PERIOD_REGEX, normalize_message_line_endings
from hypothesis import given
from hypothesis import strategies as st

from worker.adapters.smtp.client import Mailer
from worker.adapters.smtp.failure import MailFailure
from worker.adapters.smtp.pipelined import stuffed
from worker.adapters.smtp.server import SmtpServer
from worker.adapters.smtp.waits import Waits

FROM, TO = "reports@acme.example", "sales@acme.example"
MESSAGE = b"Subject: hello\r\n\r\n.a line that begins with a dot\r\n"
GROUP = b"MAIL FROM:<reports@acme.example>\r\nRCPT TO:<sales@acme.example>\r\nDATA\r\n"
WELCOME = b"250-mail.acme.example\r\n250 PIPELINING\r\n"
GO_ON = b"250 ok\r\n250 ok\r\n354 go on\r\n"
TAKEN = b"250 2.0.0 queued\r\n"


@dataclass
class Told:
    """`writes`: what came, cut where the server answered. A message comes whole."""

    port: int = 0
    writes: list[list[bytes]] = field(default_factory=list)


@asynccontextmanager
async def server(*scripts: Sequence[bytes]) -> AsyncIterator[Told]:
    """Answers each connection with its script, one item of it to each group of commands: to EHLO, to a group that ends
    with DATA, to a message, or to another single command. The last script serves all further connections. After its
    script a connection is closed.
    """
    told, waiting = Told(), list(scripts)
    ended: list[asyncio.Task[None] | None] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        ended.append(asyncio.current_task())
        heard: list[bytes] = []
        told.writes.append(heard)
        writer.write(b"220 mail.acme.example\r\n")
        for answer in script:
            end = b"\r\n.\r\n" if heard and heard[-1] == GROUP else b"\r\n"
            got = b""
            while not got.endswith(end) or (got != GROUP and GROUP.startswith(got)):
                more = await reader.read(65536)
                if not more:
                    writer.close()
                    return
                got += more
            heard.append(got)
            writer.write(answer)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    told.port = listening.sockets[0].getsockname()[1]
    try:
        yield told
    finally:
        listening.close()
        await listening.wait_closed()
        await asyncio.gather(*filter(None, ended), return_exceptions=True)


def to(told: Told, timeout: float = 30.0) -> Mailer:
    return Mailer(SmtpServer("127.0.0.1", told.port, "", "never"), hello="acme.example", waits=Waits(reply=timeout))


async def test_the_commands_of_a_message_leave_together_and_the_message_when_it_is_asked_for() -> None:
    async with server([WELCOME, GO_ON, TAKEN]) as told:
        mailer = to(told)
        sent = await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    assert told.writes == [[b"EHLO acme.example\r\n", GROUP, MESSAGE.replace(b"\n.", b"\n..") + b".\r\n"]]
    assert sent.text == "2.0.0 queued"


async def test_a_server_that_asks_for_the_message_of_a_refused_reader_gets_none() -> None:
    refused = b"250 ok\r\n550 5.1.1 no such user\r\n354 go on\r\n"
    async with server([WELCOME, refused, TAKEN], [WELCOME, GO_ON, TAKEN]) as told:
        mailer = to(told)
        with pytest.raises(MailFailure) as caught:
            await mailer.send(FROM, TO, MESSAGE)
        await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    assert (caught.value.phase, caught.value.code, caught.value.unclear) == ("rcpt", 550, False)
    assert [len(heard) for heard in told.writes] == [2, 3]


async def test_a_reply_after_a_refusal_that_never_comes_is_not_taken_for_the_next_ones() -> None:
    async with server([WELCOME, b"550 5.7.1 no\r\n", b""], [WELCOME, GO_ON, TAKEN]) as told:
        mailer = to(told, timeout=0.2)
        with pytest.raises(MailFailure) as caught:
            await mailer.send(FROM, TO, MESSAGE)
        await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    assert (caught.value.phase, caught.value.code) == ("mail", 550)
    assert [len(heard) for heard in told.writes] == [2, 3]


async def test_a_connection_on_which_the_server_said_goodbye_meanwhile_is_replaced() -> None:
    goodbye = TAKEN + b"421 4.4.2 idle for too long\r\n"
    async with server([WELCOME, GO_ON, goodbye], [WELCOME, GO_ON, TAKEN]) as told:
        mailer = to(told)
        await mailer.send(FROM, TO, MESSAGE)
        await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    assert [len(heard) for heard in told.writes] == [3, 3]


@pytest.mark.parametrize(
    "reply",
    [
        b"250 ok\r\nwhat?\r\n",
        b"250 ok\r\n" + b"250-more and more\r\n" * 4000,
        b"250 ok\r\n" + b"250-\r\n" * 10_000,
    ],
)
async def test_what_is_no_reply_ends_the_connection_before_the_message(reply: bytes) -> None:
    async with server([WELCOME, reply, TAKEN]) as told:
        with pytest.raises(MailFailure) as caught:
            await to(told, timeout=5.0).send(FROM, TO, MESSAGE)
    assert (caught.value.phase, caught.value.code, caught.value.unclear, caught.value.silent) == (
        "rcpt",
        0,
        False,
        False,
    )


@pytest.mark.parametrize("more", [b"421 4.3.2 shutting down\r\n", b"250 2.0.0 queued\r\n"])
async def test_a_connection_that_ends_as_the_message_is_asked_for_leaves_nothing_unclear(more: bytes) -> None:
    async with server([WELCOME, GO_ON + more]) as told:
        with pytest.raises(MailFailure) as caught:
            await to(told).send(FROM, TO, MESSAGE)
    assert told.writes == [[b"EHLO acme.example\r\n", GROUP]]
    assert (caught.value.phase, caught.value.unclear) == ("data", False)


async def test_a_reply_that_comes_byte_by_byte_has_no_more_time_than_another() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.acme.example\r\n")
        await reader.readline()
        writer.write(WELCOME)
        await reader.readline()
        with suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(b"2")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()
        left.set()

    left = asyncio.Event()
    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    mailer = to(Told(listening.sockets[0].getsockname()[1]), timeout=0.3)
    with pytest.raises(MailFailure) as caught:
        async with asyncio.timeout(3):
            await mailer.check()
    await left.wait()
    listening.close()
    await listening.wait_closed()
    assert (caught.value.phase, caught.value.silent) == ("connect", True)


@pytest.mark.parametrize("address", ["a b@acme.example", "x>\r\nRCPT TO:<eve@acme.example", "x\x00@acme.example"])
async def test_an_address_that_would_end_its_command_is_never_written(address: str) -> None:
    async with server([WELCOME, b"250 ok\r\n"]) as told:
        mailer = to(told)
        with pytest.raises(MailFailure) as caught:
            await mailer.send(FROM, address, MESSAGE)
        await mailer.aclose()
    assert (caught.value.phase, caught.value.code) == ("rcpt", 553)
    assert b"RCPT" not in b"".join(told.writes[0])


@given(st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"a", b"\r\n."]), max_size=20).map(b"".join))
def test_a_message_is_written_as_the_library_would_write_it(message: bytes) -> None:
    assert stuffed(message) == PERIOD_REGEX.sub(b"..", normalize_message_line_endings(message)) + b".\r\n"
