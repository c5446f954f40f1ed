"""The address of a Redis behind Sentinel: redis+sentinel://[user:password@]host:port,host2:port2/master/database.

The credentials before the `@` are for the primary; `?sentinel_username=` and `?sentinel_password=` are for the
Sentinels. Standard library only, because the ledger's client and Celery's broker, with different libraries, both use
it.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from worker.errors import RequestError

SCHEME = "redis+sentinel"
PORT = 26379
PATTERN = "redis+sentinel://[user:password@]host:port,host2:port2/master/0"
PATIENCE = 1.0
"""Seconds that the ledger's client and Celery's give a Sentinel to answer before they ask the next one."""

_URL = re.compile(rf"{re.escape(SCHEME)}://(?P<netloc>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?")
"""Pythons with the cure of CVE-2025-0938 have an urlsplit that refuses brackets behind another host."""

_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class SentinelAddress:
    """`hosts`: addresses of the Sentinels. `master`: their name for the primary. Credentials are not in the repr."""

    hosts: tuple[tuple[str, int], ...]
    master: str
    database: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)

    @property
    def for_sentinels(self) -> dict[str, str]:
        """Keyword arguments of a connection to a Sentinel."""
        given = {"username": self.sentinel_username, "password": self.sentinel_password}
        return {name: value for name, value in given.items() if value is not None}

    @property
    def sentinel_options(self) -> dict[str, Any]:
        """Options with which redis-py and kombu open a connection to a Sentinel."""
        return {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, **self.for_sentinels}

    @property
    def for_kombu(self) -> str:
        """kombu's spelling: one address per Sentinel. The name of the primary is a transport option."""
        return ";".join(
            f"sentinel://{self._userinfo()}{_bracketed(host)}:{port}/{self.database}" for host, port in self.hosts
        )

    def _userinfo(self) -> str:
        if self.username is None and self.password is None:
            return ""
        return f"{quote(self.username or '', safe='')}:{quote(self.password or '', safe='')}@"


def is_sentinel(url: str) -> bool:
    return url.startswith(f"{SCHEME}://")


def parse(url: str) -> SentinelAddress:
    """Raises RequestError, whose sentence holds no part of the URL, because that may contain a password."""
    parts = _URL.fullmatch(url)
    if parts is None:
        raise _unreadable()
    userinfo, _, hosts = parts["netloc"].rpartition("@")
    username, _, password = userinfo.partition(":")
    words = [unquote(word) for word in parts["path"].split("/")[1:] if word]
    options = parse_qs(parts["query"] or "")
    if not words or len(words) > 2 or set(options) - {"sentinel_username", "sentinel_password"}:
        raise _unreadable()
    return SentinelAddress(
        hosts=tuple(_host(text) for text in hosts.split(",")),
        master=words[0],
        database=_database(words[1]) if len(words) == 2 else 0,
        username=unquote(username) or None,
        password=unquote(password) or None,
        sentinel_username=options.get("sentinel_username", [None])[0],
        sentinel_password=options.get("sentinel_password", [None])[0],
    )


def _bracketed(host: str) -> str:
    """An IPv6 address in brackets, as in a URL."""
    return f"[{host}]" if ":" in host else host


def _host(text: str) -> tuple[str, int]:
    found = _HOST.fullmatch(text)
    if found is None or not 0 < int(found["port"] or PORT) < 65536:
        raise _unreadable()
    return found["host"].strip("[]"), int(found["port"] or PORT)


def _database(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise _unreadable()
    return int(text)


def _unreadable() -> RequestError:
    return RequestError(f"the Sentinel address cannot be read; write {PATTERN}")
