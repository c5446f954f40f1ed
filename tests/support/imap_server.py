"""An IMAP server on loopback, of the few commands that a reader of bounces uses (RFC 3501), with faults on request."""

import asyncio
import base64
import re
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from tests.support.smtp_server import CERTIFICATE

USER, PASSWORD = "bounces@acme.example", 'correct "horse" é'
_SET = re.compile(r"UID (\d+):\*")
_PART = re.compile(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)")


@dataclass
class Stored:
    raw: bytes
    seen: bool = False


@dataclass
class ImapRoom:
    """The mails of INBOX by number, and what the server saw. `faults`: the command at which it breaks off ("break"),
    falls silent ("silence") or refuses (any other text). `sent`: bytes of mails that were handed out. `good`: the
    access tokens that are accepted instead of the password, if any are; `shown`: the responses with one; `dismissed`:
    how clients answered the challenge with the error.
    """

    port: int = 0
    validity: int = 7
    mails: dict[int, Stored] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    capabilities: str = "IMAP4rev1 AUTH=PLAIN"
    sent: int = 0
    good: Callable[[str], bool] | None = None
    shown: list[str] = field(default_factory=list)
    dismissed: list[bytes] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    tasks: set["asyncio.Task[None] | None"] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"imap://bounces%40acme.example@127.0.0.1:{self.port}/INBOX?tls=never"

    def add(self, raw: bytes) -> int:
        number = max(self.mails, default=0) + 1
        self.mails[number] = Stored(raw)
        return number

    @property
    def seen(self) -> list[int]:
        return [number for number, mail in self.mails.items() if mail.seen]


class _Session:
    def __init__(self, room: ImapRoom, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.room, self.reader, self.writer = room, reader, writer

    def say(self, text: str) -> None:
        self.writer.write(f"{text}\r\n".encode())

    async def run(self) -> None:
        self.room.tasks.add(asyncio.current_task())
        self.say(f"* OK [CAPABILITY {self._able()}] here")
        while line := (await self.reader.readline()).decode():
            tag, _, rest = line.strip().partition(" ")
            name, _, given = rest.partition(" ")
            if name == "UID":
                name, _, given = given.partition(" ")
            self.room.commands.append(name)
            fault = self.room.faults.get(name, "")
            if fault == "break":
                break
            if fault == "silence":
                await asyncio.Event().wait()
            if fault:
                self.say(f"{tag} NO {fault}")
                continue
            if name == "STARTTLS" and self.room.tls is not None:
                self.say(f"{tag} OK begin")
                await self.writer.start_tls(self.room.tls)
                continue
            self.say(f"{tag} {await getattr(self, f'on_{name.lower()}')(given)}")
            if name == "LOGOUT":
                break

    def _able(self) -> str:
        return self.room.capabilities + (" STARTTLS" if self.room.tls is not None else "")

    async def on_capability(self, _given: str) -> str:
        self.say(f"* CAPABILITY {self._able()}")
        return "OK done"

    async def on_authenticate(self, given: str) -> str:
        self.say("+ ")
        if given != "PLAIN":
            return await self._with_token()
        told = base64.b64decode(await self.reader.readline()).decode().split("\0")
        return "OK welcome" if told == ["", USER, PASSWORD] else f"NO wrong: {told[-1]}"

    async def _with_token(self) -> str:
        response = base64.b64decode(await self.reader.readline()).decode()
        self.room.shown.append(response)
        token = response.partition("auth=Bearer ")[2].rstrip("\1")
        if USER in response and self.room.good is not None and self.room.good(token):
            return "OK welcome"
        self.say("+ " + base64.b64encode(b'{"status":"400","scope":"mail.all"}').decode())
        self.room.dismissed.append((await self.reader.readline()).strip())
        return f"NO [AUTHENTICATIONFAILED] no: {token}"

    async def on_login(self, given: str) -> str:
        return "OK welcome" if given == f'"{USER}" "plain"' else "NO wrong"

    async def on_select(self, given: str) -> str:
        if given != '"INBOX"':
            return "NO no such mailbox"
        self.say(f"* {len(self.room.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.room.validity}] valid")
        return "OK [READ-WRITE] open"

    async def on_search(self, given: str) -> str:
        first = _SET.fullmatch(given)
        last = max(self.room.mails, default=0)
        found = [
            number
            for number, mail in self.room.mails.items()
            if (number >= int(first[1]) or number == last if first else not mail.seen)
        ]
        self.say(f"* SEARCH {' '.join(map(str, found))}".rstrip())
        return "OK done"

    async def on_fetch(self, given: str) -> str:
        asked = _PART.fullmatch(given)
        assert asked is not None, given
        mail = self.room.mails.get(int(asked[1]))
        if mail is not None:
            part = mail.raw[: int(asked[2])]
            self.room.sent += len(part)
            self.say(f"* 1 FETCH (UID {asked[1]} BODY[]<0> {{{len(part)}}}")
            self.writer.write(part + b")\r\n")
            await self.writer.drain()
        return "OK done"

    async def on_store(self, given: str) -> str:
        numbers, _, flags = given.partition(" ")
        assert flags == r"+FLAGS.SILENT (\Seen)", given
        for number in map(int, numbers.split(",")):
            self.room.mails[number].seen = True
        return "OK done"

    async def on_logout(self, _given: str) -> str:
        self.say("* BYE")
        return "OK bye"


@asynccontextmanager
async def imap_server(*, implicit: bool = False, starttls: bool = False) -> AsyncIterator[ImapRoom]:
    """`implicit`: TLS from the first byte. `starttls`: offered. The certificate is for localhost."""
    room = ImapRoom()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    room.tls = context if starttls else None

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Session(room, reader, writer).run()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context if implicit else None)
    room.port = server.sockets[0].getsockname()[1]
    try:
        yield room
    finally:
        server.close()
        tasks = [task for task in room.tasks if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def imap_thread() -> Iterator[ImapRoom]:
    """The server in a thread of its own, for tests that run no loop. Its room may be read and changed."""
    opened: list[ImapRoom] = []
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        async with imap_server() as room:
            opened.append(room)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield opened[0]
    finally:
        done.set()
        thread.join()
