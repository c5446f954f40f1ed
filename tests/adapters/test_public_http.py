"""Which hosts a URL may lead to, and that the judged address is the one that is connected."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.support.scripted_http import Asked, Said, scripted
from worker.adapters.http import HttpFailure
from worker.adapters.public_http import ForbiddenHost, PublicHttp, checked_url, refuse_address

CERTIFICATE = Path(__file__).parents[1] / "support" / "localhost.pem"
PUBLIC = ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822", "8.8.8.8"]
PRIVATE = [
    "10.0.0.5", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.1.2.3", "198.18.0.1", "240.0.0.1", "255.255.255.255",
    "127.0.0.1", "::1", "fc00::1", "fec0::1", "2001:db8::1", "::ffff:10.0.0.5", "64:ff9b::a00:5", "2002:a00:5::1",
    "2001:0:4136:e378:8000:63bf:f5ff:fffa",
]  # fmt: skip
NEVER = [
    "169.254.169.254", "169.254.0.1", "fe80::1", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "224.0.0.1",
    "ff02::1", "0.0.0.0", "::",  # noqa: S104  # nobody listens there
    "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
]  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_may_be_used(text: str) -> None:
    refuse_address(ip_address(text), private=False, loopback=False)


@pytest.mark.parametrize("text", PRIVATE)
def test_a_private_address_may_be_used_only_where_somebody_wrote_so(text: str) -> None:
    with pytest.raises(ForbiddenHost, match="private: allowed"):
        refuse_address(ip_address(text), private=False, loopback=False)
    refuse_address(ip_address(text), private=True, loopback=False)


@pytest.mark.parametrize("text", NEVER)
@pytest.mark.parametrize("private", [False, True])
def test_an_address_that_tells_a_machine_its_credentials_is_never_used(text: str, private: bool) -> None:
    with pytest.raises(ForbiddenHost, match="no receiver has"):
        refuse_address(ip_address(text), private=private, loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.acme.example/in",
        "ftp://hooks.acme.example/in",
        "hooks.acme.test/in",
        "https:///in",
        "https://user:word@hooks.acme.example/in",
        "https://10.0.0.5/in",
        "https://[::ffff:10.0.0.5]/in",
        "https://169.254.169.254/latest/meta-data",
        "https://hööks.example/in",
        "https://hooks.acme.example/in\r\nx: y",
        "https://hooks.acme.example/in#part",
    ],
)
def test_a_url_that_may_not_be_used_is_refused_before_it_is_opened_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"found .*, expected|found a URL that cannot be read") as refused:
        checked_url(url)
    assert url not in str(refused.value)


@contextmanager
def resolved(*addresses: str) -> Iterator[list[Any]]:
    """Every host name resolves so; the calls, in order. There is no name on this machine that leads elsewhere."""
    asked: list[Any] = []

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    with patch.object(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo):
        yield asked


async def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    http = PublicHttp("https://hooks.acme.example/in")
    with resolved("93.184.216.34", "10.0.0.5"), pytest.raises(ForbiddenHost, match=r"10\.0\.0\.5, which is not public"):
        await http.post(b"{}", {})
    await http.aclose()


async def test_a_number_in_another_spelling_is_judged_as_the_address_that_it_is() -> None:
    """The resolver reads 2130706433 and 127.1 as 127.0.0.1."""
    for host in ("2130706433", "127.1", "0x7f.0.0.1"):
        http = PublicHttp(f"https://{host}/in")
        with pytest.raises((ForbiddenHost, HttpFailure)) as refused:
            await http.post(b"{}", {})
        assert not isinstance(refused.value, HttpFailure) or not refused.value.sent
        await http.aclose()


async def test_localhost_must_be_this_machine() -> None:
    http = PublicHttp("http://localhost:9/in")
    with resolved("93.184.216.34"), pytest.raises(ForbiddenHost, match="not public"):
        await http.post(b"{}", {})
    await http.aclose()


async def test_the_request_goes_to_the_address_that_was_judged_and_names_the_host() -> None:
    """A second answer of the resolver is never asked for, so that it can lead nowhere."""
    async with scripted(lambda _: Said({})) as receiver:
        port = receiver.url.rpartition(":")[2]
        http = PublicHttp(f"http://localhost:{port}/in?a=b%20c", private=False)
        with resolved("127.0.0.1") as asked:
            answer = await http.post(b"{}", {"x-one": "1"})
        await http.aclose()
    assert (answer.status, asked) == (200, ["localhost"])
    [got] = receiver.asked
    assert (got.path, got.params, got.headers["host"]) == ("/in", {"a": "b c"}, f"localhost:{port}")
    assert got.headers["x-one"] == "1"


async def test_a_redirect_is_not_followed() -> None:
    def away(asked: Asked) -> Said:
        return Said(None, 307, {"location": "http://127.0.0.1:9/elsewhere"})

    async with scripted(away) as receiver:
        http = PublicHttp(f"{receiver.url}/in")
        assert (await http.post(b"{}", {})).status == 307
        await http.aclose()
    assert len(receiver.asked) == 1


async def test_an_address_that_cannot_be_connected_is_followed_by_the_next() -> None:
    async with scripted(lambda _: Said({})) as receiver:
        http = PublicHttp(receiver.url.replace("127.0.0.1", "localhost"))
        with resolved("127.0.0.9", "127.0.0.1"):
            assert (await http.post(b"{}", {})).status == 200
        await http.aclose()
    assert len(receiver.asked) == 1


@pytest.mark.parametrize(("host", "trusted"), [("localhost", True), ("hooks.acme.example", False)])
async def test_the_certificate_is_verified_against_the_name_and_not_the_address(host: str, trusted: bool) -> None:
    """The certificate is of localhost and 127.0.0.1: a name that leads to this address is still another name."""
    served, trusting = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    served.load_cert_chain(CERTIFICATE)
    trusting.load_verify_locations(CERTIFICATE)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(10):
            writer.write(b"HTTP/1.1 204 Fine\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=served)
    port = server.sockets[0].getsockname()[1]
    with patch("worker.adapters.http.tls_context", lambda: trusting):
        http = PublicHttp(f"https://{host}:{port}/in", private=True)
    with resolved("127.0.0.1"):
        if trusted:
            assert (await http.post(b"{}", {})).status == 204
        else:
            with pytest.raises(HttpFailure, match="certificate is not trusted") as failed:
                await http.post(b"{}", {})
            assert not failed.value.sent
    await http.aclose()
    server.close()
    await server.wait_closed()
