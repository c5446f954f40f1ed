"""Connections of one client: as many as requests in flight, used again, and closed when nobody uses them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from worker.adapters import http_connections
from worker.adapters.http import Http, HttpFailure

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass
class Counting:
    """A server that answers when `gate` is set, and counts connections. `cut`: it breaks off each answer."""

    opened: int = 0
    tasks: list[asyncio.Task[None] | None] = field(default_factory=list)
    closed: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    waiting: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    cut: bool = False
    url: str = ""

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self.tasks.append(asyncio.current_task())
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.waiting.put_nowait(None)
                await self.gate.wait()
                writer.write(ANSWER[:-1] if self.cut else ANSWER)
                await writer.drain()
                if self.cut:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()
        self.closed.put_nowait(None)


@asynccontextmanager
async def counting() -> AsyncIterator[tuple[Http, Counting]]:
    made = Counting()
    server = await asyncio.start_server(made.connection, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    client = Http(made.url, timeout=5.0)
    try:
        yield client, made
    finally:
        await client.aclose()
        made.gate.set()
        server.close()
        await asyncio.wait_for(asyncio.gather(*filter(None, made.tasks)), 5)


async def together(client: Http, server: Counting, count: int) -> None:
    """Requests that are all in flight before the first is answered."""
    server.gate.clear()
    going = [asyncio.create_task(client.send("GET", "/")) for _ in range(count)]
    for _ in range(count):
        await server.waiting.get()
    server.gate.set()
    assert [(await one).body for one in going] == [b"ok"] * count


async def test_requests_one_after_another_share_a_connection() -> None:
    async with counting() as (client, server):
        for _ in range(3):
            await together(client, server, 1)
        assert server.opened == 1


async def test_requests_at_once_have_a_connection_each_and_the_next_ones_use_them_again() -> None:
    async with counting() as (client, server):
        await together(client, server, 3)
        await together(client, server, 3)
        assert server.opened == 3


async def test_connections_that_nobody_used_for_a_while_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with counting() as (client, server):
        await together(client, server, 2)
        monkeypatch.setattr(http_connections, "KEPT", 0.0)
        await together(client, server, 1)
        for _ in range(2):
            await asyncio.wait_for(server.closed.get(), 5)
        assert server.opened == 3


async def test_closing_the_client_closes_every_connection() -> None:
    async with counting() as (client, server):
        await together(client, server, 2)
        await client.aclose()
        for _ in range(2):
            await asyncio.wait_for(server.closed.get(), 5)


async def test_a_connection_that_broke_is_not_used_again() -> None:
    async with counting() as (client, server):
        server.gate.set()
        server.cut = True
        with pytest.raises(HttpFailure, match="broke off"):
            await client.send("GET", "/")
        server.cut = False
        assert (await client.send("GET", "/")).body == b"ok"
        assert server.opened == 2


async def test_a_request_that_was_given_up_leaves_no_connection_in_use() -> None:
    async with counting() as (client, server):
        given_up = asyncio.create_task(client.send("GET", "/"))
        await server.waiting.get()
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        await together(client, server, 1)
        assert server.opened == 2


@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
async def test_a_request_after_one_that_was_cancelled_at_any_moment_is_answered(kept: bool) -> None:
    """In httpcore, a cancelled request may keep the only place of its pool."""
    for turns in range(40):
        async with counting() as (client, server):
            server.gate.set()
            if kept:
                await client.send("GET", "/")
            cancelled = asyncio.create_task(client.send("GET", "/"))
            for _ in range(turns):
                await asyncio.sleep(0)
            cancelled.cancel()
            await asyncio.gather(cancelled, return_exceptions=True)
            answer = await asyncio.wait_for(client.send("GET", "/"), 5)
            assert answer.body == b"ok", f"cancelled after {turns} turns of the loop"


CLOSED = "the client was closed before the answer was whole"


@pytest.mark.parametrize("count", [1, 3])
async def test_closing_the_client_ends_what_is_in_flight_and_its_connections(count: int) -> None:
    async with counting() as (client, server):
        going = [asyncio.create_task(client.send("GET", "/")) for _ in range(count)]
        for _ in range(count):
            await server.waiting.get()
        await asyncio.wait_for(client.aclose(), 2)
        assert all(one.done() for one in going), "nothing is in flight once the client is closed"
        failures = await asyncio.gather(*going, return_exceptions=True)
        assert [(str(one), one.sent) for one in failures if isinstance(one, HttpFailure)] == [(CLOSED, True)] * count
        server.gate.set()
        for _ in range(count):
            await asyncio.wait_for(server.closed.get(), 5)


async def test_a_body_that_is_being_read_ends_with_its_client() -> None:
    begun, seen, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER[:-1])
        begun.set()
        await reader.read()
        writer.close()
        ended.set()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    client = Http(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout=5.0)
    going = asyncio.create_task(client.send("GET", "/"))
    going.add_done_callback(lambda _: seen.set())
    await begun.wait()
    await client.aclose()
    with pytest.raises(HttpFailure, match=CLOSED):
        await going
    await asyncio.wait_for(ended.wait(), 2)
    server.close()


async def test_who_waits_for_a_place_when_the_client_is_closed_was_never_sent() -> None:
    async with counting() as (_, server):
        client = Http(server.url, timeout=5.0, in_flight=1)
        first, second = (asyncio.create_task(client.send("GET", "/")) for _ in range(2))
        await server.waiting.get()
        await client.aclose()
        ended = await asyncio.gather(first, second, return_exceptions=True)
        told = [(str(one), one.sent) for one in ended if isinstance(one, HttpFailure)]
        assert told == [(CLOSED, True), ("the client is closed", False)]
        assert server.opened == 1


async def test_a_client_that_is_closed_sends_nothing_and_says_so() -> None:
    async with counting() as (client, server):
        await client.aclose()
        await client.aclose()
        with pytest.raises(HttpFailure, match="the client is closed") as failed:
            await client.send("GET", "/")
        assert (failed.value.sent, server.opened) == (False, 0)


async def test_closing_at_any_moment_of_a_request_leaves_nothing_open() -> None:
    for turns in range(40):
        async with counting() as (client, server):
            server.gate.set()
            going = asyncio.create_task(client.send("GET", "/"))
            for _ in range(turns):
                await asyncio.sleep(0)
            await asyncio.wait_for(client.aclose(), 2)
            [ended] = await asyncio.gather(going, return_exceptions=True)
            assert isinstance(ended, HttpFailure) or getattr(ended, "body", b"") == b"ok", (
                f"closed after {turns} turns of the loop"
            )
            for _ in range(server.opened):
                await asyncio.wait_for(server.closed.get(), 5)


async def test_who_is_cancelled_while_the_client_closes_is_cancelled() -> None:
    async with counting() as (client, server):
        going = asyncio.create_task(client.send("GET", "/"))
        await server.waiting.get()
        going.cancel()
        await client.aclose()
        with pytest.raises(asyncio.CancelledError):
            await going
