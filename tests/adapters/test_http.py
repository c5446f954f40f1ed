"""The HTTP client over real sockets: bounds, time-outs, failures and their words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.support.scripted_http import Asked, Said, Script, Scripted, scripted
from worker.adapters import http
from worker.adapters.http import Http, HttpFailure


@asynccontextmanager
async def talking(
    script: Script, patience: float = 5.0, in_flight: int = 16, largest: int = http.LARGEST
) -> AsyncIterator[tuple[Http, Scripted]]:
    async with scripted(script) as server:
        client = Http(
            f"{server.url}/api/v1/",
            headers={"x-own": "1"},
            auth=("key", ""),
            timeout=patience,
            in_flight=in_flight,
            largest=largest,
        )
        try:
            yield client, server
        finally:
            await client.aclose()


async def test_an_answer_is_whole_with_lower_case_names_whatever_its_status() -> None:
    async with talking(lambda _: Said({"a": 1}, 418, {"X-Odd": "Yes"})) as (client, server):
        answer = await client.send("GET", "/thing/", params={"q": "ä&b"}, headers={"accept": "text/csv"})
    assert (answer.status, answer.body, answer.headers["x-odd"]) == (418, b'{"a": 1}', "Yes")
    asked = server.asked[0]
    assert (asked.path, asked.params) == ("/api/v1/thing/", {"q": "ä&b"})
    assert (asked.headers["accept"], asked.headers["x-own"]) == ("text/csv", "1")
    assert asked.headers["user-agent"].startswith("funnelbeat/")


async def test_json_and_bytes_are_sent_as_they_are() -> None:
    async with talking(lambda _: Said({})) as (client, server):
        await client.send("POST", "a/", json={"x": "ü"})
        await client.send("POST", "b/", content=b"\x00raw")
    assert server.asked[0].json == {"x": "ü"}
    assert server.asked[1].body == b"\x00raw"


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async with talking(lambda _: Said(b"", 301, {"location": "/else/"})) as (client, server):
        assert (await client.send("GET", "here/")).status == 301
    assert len(server.asked) == 1


async def test_no_more_than_the_allowed_requests_fly_at_once() -> None:
    flying = most = 0

    async def slow(_asked: Asked) -> Said:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0.01)
        flying -= 1
        return Said({})

    async with talking(slow, in_flight=3) as (client, _):
        await asyncio.gather(*(client.send("GET", "x/") for _ in range(20)))
    assert most == 3


@pytest.mark.parametrize(
    ("said", "patience", "whole", "words"),
    [
        (Said({}, after=60), 1, 1000, "no answer came in time"),
        (Said(b"x" * 100, cut=10), 60, 2, "the answer broke off"),
        (Said(b"no gzip", headers={"content-encoding": "gzip"}), 60, 2, "the answer's compression is broken"),
        (Said(b"x" * 2000, drip=0.01), 60, 0.005, "the answer was not whole after 0.3 s"),
    ],
)
async def test_what_is_no_whole_answer_is_a_failure_in_our_words(
    said: Said, patience: float, whole: float, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One limit is short and the other is far away, so that a busy machine cannot reach the wrong one first."""
    monkeypatch.setattr(http, "WHOLE", whole)
    async with talking(lambda _: said, patience=patience) as (client, _):
        with pytest.raises(HttpFailure, match=words) as caught:
            await client.send("GET", "x/", params={"token": "hush"})
    assert caught.value.sent
    assert "hush" not in str(caught.value)


async def test_patience_replaces_the_clients_own() -> None:
    """The client's own would wait for the answer."""
    async with talking(lambda _: Said({}, after=5), patience=60) as (client, _):
        with pytest.raises(HttpFailure):
            await client.send("GET", "x/", patience=0.05)


async def test_an_answer_without_an_end_is_left_before_it_fills_the_memory() -> None:
    async with talking(lambda _: Said(b"x" * (2 * 1024 * 1024)), largest=1024 * 1024) as (client, _):
        with pytest.raises(HttpFailure, match="the answer is larger than 1 MB"):
            await client.send("GET", "x/")


async def test_a_failed_connect_surely_sent_nothing() -> None:
    client = Http("http://127.0.0.1:9")
    with pytest.raises(HttpFailure, match="could not connect") as caught:
        await client.send("GET", "x/")
    await client.aclose()
    assert not caught.value.sent


@pytest.mark.parametrize("base", ["nonsense", "gopher://x"])
async def test_an_address_that_is_none_is_a_failure_too(base: str) -> None:
    client = Http(base)
    with pytest.raises(HttpFailure, match="does not begin with http"):
        await client.send("GET", "x/")
    await client.aclose()


async def test_the_client_is_usable_after_a_failure() -> None:
    answers = iter([Said(b"x" * 10, cut=1), Said({"ok": 1})])
    async with talking(lambda _: next(answers), in_flight=1) as (client, _):
        with pytest.raises(HttpFailure):
            await client.send("GET", "x/")
        assert (await client.send("GET", "x/")).body == b'{"ok": 1}'


def errors_of_httpx() -> list[type[httpx.HTTPError]]:
    """Every error that httpx raises for a request, found rather than listed."""
    found: list[type[httpx.HTTPError]] = []
    queue: list[type[httpx.HTTPError]] = [httpx.HTTPError]
    while queue:
        kind = queue.pop()
        queue += kind.__subclasses__()
        found.append(kind)
    return found


@pytest.mark.parametrize("kind", errors_of_httpx())
def test_every_error_of_httpx_is_one_of_ours_and_drops_its_text(kind: type[httpx.HTTPError]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "https://user:secret@host")
    failure = http._failure(error, "host")
    assert "secret" not in str(failure)
    never = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.UnsupportedProtocol,
        httpx.LocalProtocolError,
    )
    assert failure.sent is not issubclass(kind, never)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed", "the server's certificate is not trusted"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "TLS failed; is it an https:// port?"),
    ],
)
def test_why_a_connection_was_not_made_is_told_where_it_is_known(given: str, words: str) -> None:
    assert words in http._failure(httpx.ConnectError(given), "host").problem
