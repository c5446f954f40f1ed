"""Commands in groups (RFC 2920): a server of a few lines that says what it is told to, however it is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.adapters.mail import Mailer, MailFailure, MailServer
from worker.adapters.smtp_wire import framed

MESSAGE = b"Subject: hello\r\n\r\n.begins with a dot\r\nends\r\n"
FROM, TO = "reports@acme.example", "sales@acme.example"
HELLO = b"250-mail.acme.example\r\n250-SIZE 1000000\r\n250 PIPELINING\r\n"


@dataclass
class Desk:
    """`answers` by verb, once each in order, b"" for dropping the connection; `reads`: what came in one read."""

    port: int = 0
    answers: dict[bytes, list[bytes]] = field(default_factory=dict)
    reads: list[bytes] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)
    connections: int = 0
    open: list[asyncio.StreamWriter] = field(default_factory=list)

    def answer(self, verb: bytes) -> bytes:
        usual = {b"EHLO": HELLO, b"DATA": b"354 go on\r\n", b".": b"250 2.0.0 queued\r\n"}
        waiting = self.answers.get(verb, [])
        return waiting.pop(0) if waiting else usual.get(verb, b"250 ok\r\n")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.append(writer)
        with suppress(ConnectionError):  # whoever reads nothing it can use hangs up
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.acme.example\r\n")
        held, body = b"", False
        while chunk := await reader.read(65536):
            self.reads.append(chunk)
            held += chunk
            while True:
                unit, found, rest = (b"\r\n" + held if body else held).partition(b"\r\n.\r\n" if body else b"\r\n")
                if not found:
                    break
                held = rest
                if body:
                    self.accepted.append(unit[2:] + b"\r\n")
                said = self.answer(b"." if body else unit[:4].upper())
                body = not body and said.startswith(b"354")
                if not said:
                    writer.transport.abort()
                    return
                writer.write(said)


@asynccontextmanager
async def desk(**answers: list[bytes]) -> AsyncIterator[Desk]:
    here = Desk(answers={verb.encode().replace(b"END", b"."): list(said) for verb, said in answers.items()})
    server = await asyncio.start_server(here.serve, "127.0.0.1", 0)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        server.close()
        await server.wait_closed()
        for writer in here.open:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()


def mailer(here: Desk) -> Mailer:
    return Mailer(MailServer("127.0.0.1", here.port, "", "never"), patience=5.0, connections=1)


async def test_a_message_takes_two_writes() -> None:
    async with desk() as here:
        sending = mailer(here)
        assert await sending.send(FROM, TO, MESSAGE) == "2.0.0 queued"
        await sending.send(FROM, TO, MESSAGE)
        await sending.aclose()
    group = b"MAIL FROM:<%s> SIZE=%d\r\nRCPT TO:<%s>\r\nDATA\r\n" % (FROM.encode(), len(MESSAGE), TO.encode())
    assert here.reads.count(group) == 2
    assert here.accepted == [MESSAGE.replace(b"\r\n.", b"\r\n..")] * 2
    assert here.connections == 1


@pytest.mark.parametrize("told", [b"354 go on\r\n", b"503 5.5.1 no recipient\r\n"])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
async def test_a_refusal_in_a_group_sends_no_message_and_keeps_the_connection(verb: str, told: bytes) -> None:
    async with desk(**{verb: [b"550-5.1.1 no such\r\n550 5.1.1 user\r\n"], "DATA": [told]}) as here:
        sending = mailer(here)
        with pytest.raises(MailFailure) as caught:
            await sending.send(FROM, TO, MESSAGE)
        await sending.send(FROM, TO, MESSAGE)
        await sending.aclose()
    failure = caught.value
    assert (failure.phase, failure.code, failure.enhanced, failure.unclear) == (verb.lower(), 550, "5.1.1", False)
    assert [sent for sent in here.accepted if sent.strip()] == [MESSAGE.replace(b"\r\n.", b"\r\n..")]
    assert here.connections == 1


@pytest.mark.parametrize(
    ("verb", "phase", "unclear"),
    [("MAIL", "mail", False), ("RCPT", "rcpt", False), ("DATA", "data", False), ("END", "data", True)],
)
async def test_only_a_message_that_was_on_its_way_is_unclear(verb: str, phase: str, *, unclear: bool) -> None:
    async with desk(**{verb: [b""]}) as here:
        sending = mailer(here)
        with pytest.raises(MailFailure) as caught:
            await sending.send(FROM, TO, MESSAGE)
        await sending.aclose()
    assert (caught.value.phase, caught.value.code, caught.value.unclear) == (phase, 0, unclear)


@pytest.mark.parametrize("said", [b"four hundred\r\n", b"250" * 20_000, b"250-on\r\n" * 9_000])
async def test_what_is_no_reply_ends_the_connection(said: bytes) -> None:
    async with desk(RCPT=[said]) as here:
        sending = mailer(here)
        with pytest.raises(MailFailure) as caught:
            await sending.send(FROM, TO, MESSAGE)
        await sending.send(FROM, TO, MESSAGE)
        await sending.aclose()
    assert (caught.value.code, caught.value.unclear, here.connections) == (0, False, 2)


async def test_what_a_server_says_unasked_is_no_answer() -> None:
    async with desk(END=[b"250 2.0.0 queued\r\n421 4.4.2 idle for too long\r\n"]) as here:
        sending = mailer(here)
        await sending.send(FROM, TO, MESSAGE)
        await sending.send(FROM, TO, MESSAGE)
        await sending.aclose()
    assert (len(here.accepted), here.connections) == (2, 2)


async def test_an_address_cannot_hold_a_command() -> None:
    async with desk() as here:
        sending = mailer(here)
        with pytest.raises(ValueError, match="control character"):
            await sending.send(FROM, "a@b.example>\r\nRCPT TO:<c@d.example", MESSAGE)
    assert here.accepted == []


@given(st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"a", b".\r\n"])).map(b"".join))
def test_a_dot_alone_stands_only_at_the_end(message: bytes) -> None:
    wire = framed(message)
    assert wire.count(b"\n") == wire.count(b"\r\n") == wire.count(b"\r")
    lines = wire.split(b"\r\n")
    assert lines[-2:] == [b".", b""]
    assert b"." not in lines[:-2]
    kept = [line[1:] if line.startswith(b".") else line for line in lines[:-2]]
    plain = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode()
    assert b"\n".join(kept).decode() == plain.removesuffix("\n")
