"""HTTP to a host that must be public, so that a URL cannot be used to reach services inside the network. The host's
name is resolved once for each request; every address is checked, and the request goes to an address that was checked. A
name that answers differently the second time (DNS rebinding) therefore changes nothing. TLS is still verified against
the name. Redirects are not followed.

https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit, urlunsplit

from worker.adapters.http import Http, HttpAnswer, HttpFailure
from worker.adapters.unknown_host import unknown_host
from worker.adapters.url import is_loopback, split

Address = IPv4Address | IPv6Address

_METADATA = frozenset(ip_address(text) for text in ("168.63.129.16", "100.100.100.200", "fd00:ec2::254"))
"""Where clouds tell a machine its own credentials, beside 169.254.169.254, which is link-local: Azure, Alibaba, AWS."""

_NAT64 = IPv6Network("64:ff9b::/96")
_BYTES4 = 2**32 - 1


class ForbiddenHost(Exception):
    """The host's address is not one that this URL may lead to. The text says which, without the URL."""


class PublicHttp:
    """Requests to one URL. `private`: addresses of private networks are allowed too. Times in seconds."""

    def __init__(self, url: str, *, private: bool = False, timeout: float = 30.0) -> None:
        """Raises ValueError: what was found and what is expected, without the URL."""
        self._parts = urlsplit(checked_url(url, private=private))
        self._host = self._parts.hostname or ""
        self._private = private
        self._timeout = timeout
        self._http = Http("", timeout=timeout)

    async def post(self, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """One request, to the first address that can be connected. Raises HttpFailure and ForbiddenHost."""
        return await self._request("POST", body, headers)

    async def get(self) -> HttpAnswer:
        """As `post`."""
        return await self._request("GET", None, {})

    async def _request(self, method: str, body: bytes | None, headers: Mapping[str, str]) -> HttpAnswer:
        failure = HttpFailure("the host has no address", sent=False)
        for address in await self.addresses():
            try:
                return await self._send(method, address, body, headers)
            except HttpFailure as error:
                if error.sent:
                    raise
                failure = error
        raise failure

    async def addresses(self) -> Sequence[Address]:
        """Where the host is now. Raises ForbiddenHost if any of its addresses may not be used, and HttpFailure."""
        port = self._parts.port or (443 if self._parts.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                found = await loop.getaddrinfo(self._host, port, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise HttpFailure("the host's name was not resolved in time", sent=False) from None
        except (OSError, UnicodeError):
            raise HttpFailure(f"could not connect: {unknown_host(self._host)}", sent=False) from None
        addresses = list(dict.fromkeys(ip_address(str(place[0]).partition("%")[0]) for *_, place in found))
        for address in addresses:
            refuse_address(address, private=self._private, loopback=is_loopback(self._host))
        return addresses

    async def _send(self, method: str, address: Address, body: bytes | None, headers: Mapping[str, str]) -> HttpAnswer:
        host = f"[{address}]" if address.version == 6 else str(address)
        port = f":{self._parts.port}" if self._parts.port else ""
        url = urlunsplit((self._parts.scheme, host + port, self._parts.path or "/", self._parts.query, ""))
        named = {"host": self._parts.netloc.rpartition("@")[2], **headers}
        return await self._http.send(method, url, content=body, headers=named, server_name=self._host)

    async def aclose(self) -> None:
        await self._http.aclose()


def checked_url(url: str, *, private: bool = False) -> str:
    """A URL with https://, or with http:// to this machine. Raises ValueError: what was found and what is expected."""
    parts = split(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("found a URL without https:// and a host, expected one such as https://hooks.acme.example/in")
    if parts.username is not None or parts.password is not None:
        raise ValueError("found credentials in the URL, expected them under `authorization`")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("found http:// to another machine, expected https:// (http:// is for 127.0.0.1 and localhost)")
    if not url.isascii():
        raise ValueError("found letters beyond ASCII in the URL, expected xn--… for a domain and %… in the path")
    try:
        literal = ip_address(parts.hostname)
    except ValueError:
        return url
    try:
        refuse_address(literal, private=private, loopback=is_loopback(parts.hostname))
    except ForbiddenHost as error:
        raise ValueError(str(error)) from None
    return url


def refuse_address(address: Address, *, private: bool, loopback: bool) -> None:
    """Raises ForbiddenHost. `loopback`: the URL names this machine itself, so that only its addresses are right."""
    meant = _embedded(address) or address
    if meant in _METADATA or meant.is_link_local or meant.is_multicast or meant.is_unspecified:
        raise ForbiddenHost(f"found the host's address {address}, which no receiver has, expected a public one")
    if loopback and meant.is_loopback:
        return
    if private and not loopback:
        return
    if loopback or not meant.is_global or getattr(meant, "is_site_local", False):
        raise ForbiddenHost(
            f"found the host's address {address}, which is not public, expected a public one; "
            "`private: allowed` is for a receiver in a network of your own"
        )


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to: mapped, 6to4, Teredo or NAT64."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & _BYTES4)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
