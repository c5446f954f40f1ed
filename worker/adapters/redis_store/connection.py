"""Opens Redis, and checks with INFO whether it is safe to keep the ledger in. Every hosted Redis allows INFO."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from worker.adapters.sentinel_url import SCHEME, is_sentinel, parse
from worker.adapters.tls import refuse_wrong_authorities
from worker.adapters.unknown_host import is_unknown_host, unknown_host
from worker.adapters.url import split, split_redis
from worker.errors import LedgerUnavailable, RequestError

MINIMUM = (6, 2)
PATTERN = "redis://[user:password@]host:port/0"
SCHEMES = ("redis", "rediss", "unix", SCHEME)
PATIENCE = 10.0
"""Seconds to wait for an answer, for a connection, and for a place in the pool."""

_REFUSALS: tuple[tuple[str, str], ...] = (
    ("OOM", "Redis has no memory left (maxmemory)"),
    ("READONLY", "Redis is a read-only replica"),
    ("MISCONF", "Redis cannot write to its disk"),
    ("NOREPLICAS", "Redis has too few replicas to take writes (min-replicas-to-write)"),
    ("LOADING", "Redis is still loading its data"),
    (
        "DENIED",
        "Redis is in protected mode, which refuses other machines: set requirepass there, and write it into the URL",
    ),
    ("NOAUTH", "Redis wants a password, and the URL has none"),
    ("WRONGPASS", "Redis refused the user or password"),
    ("NOPERM", "the Redis user may not run the commands that the ledger needs"),
    ("DB index", "Redis has no database of this number"),
    ("BUSY", "another client's script blocks Redis"),
    ("MASTERDOWN", "Redis is a replica that lost its primary"),
)

_AT_LOGIN = (("Authentication required", "NOAUTH"), ("invalid username-password", "WRONGPASS"))


def connect(url: str, *, connections: int = 32) -> Redis:
    """A client that connects at its first use. Close it with `aclose`. Raises RequestError for another scheme.

    redis-py would repeat a command after a lost connection, although a writing script may have been applied by then. So
    nothing is repeated at this level. A connection that broke while idle is still replaced.
    """
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if scheme not in SCHEMES:
        raise RequestError(
            "the Redis URL starts with something else: write redis://, rediss:// or unix://, or redis+sentinel://"
        )
    given: dict[str, Any] = {
        "max_connections": connections,
        "timeout": PATIENCE,
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        # The name of the library would be sent first, and with it the reason of a Redis that refuses us is lost.
        "driver_info": None,
    }
    if is_sentinel(url):
        return Redis.from_pool(_behind_sentinel(url, given))
    if scheme == "rediss":
        refuse_wrong_authorities()
    return Redis.from_pool(_pool(url, given))


def _pool(url: str, given: Mapping[str, Any]) -> BlockingConnectionPool:
    """Builds one connection and discards it, because only that shows whether redis-py knows the URL's options.

    Raises RequestError, whose sentence holds no part of the URL, because that may contain a password.
    """
    try:
        (split if url.startswith("unix:") else split_redis)(url)
    except ValueError as error:
        raise RequestError(f"the Redis URL: {error}; expected {PATTERN}") from None
    try:
        pool = BlockingConnectionPool.from_url(url, **given)
        pool.connection_class(**pool.connection_kwargs)
    except (TypeError, ValueError, RedisError):
        raise RequestError(
            f"the Redis URL: found an option that its scheme does not have, or a value that is not possible; "
            f"expected {PATTERN}"
        ) from None
    return pool


class _PrimaryPool(SentinelConnectionPool, BlockingConnectionPool):
    """Connections to the current primary. Each new connection asks the Sentinels. Callers wait for a place, as in every
    pool here. Closing the pool also closes its connections to the Sentinels.
    """

    async def disconnect(self, inuse_connections: bool = True) -> None:
        await super().disconnect(inuse_connections)
        if inuse_connections:
            await self.sentinel_manager.aclose()


def _behind_sentinel(url: str, given: dict[str, Any]) -> _PrimaryPool:
    """A Sentinel that does not answer is skipped quickly, and the next one is asked."""
    address = parse(url)
    told = address.sentinel_options
    sentinels = Sentinel(address.hosts, sentinel_kwargs=told)  # type: ignore[no-untyped-call]  # redis-py has none here
    primary = {"db": address.database, "username": address.username, "password": address.password}
    return _PrimaryPool(address.master, sentinels, **primary, **given)  # type: ignore[no-untyped-call]  # the same


@contextmanager
def translated() -> Iterator[None]:
    """Translates every failure of Redis to LedgerUnavailable, in a sentence without URL or password.

    An error inside a script is a bug and is not translated.
    """
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, OSError, TimeoutError) as error:
        raise LedgerUnavailable(_sentence(error)) from error
    except ResponseError as error:
        if not _refusal(error):
            raise
        raise LedgerUnavailable(_sentence(error)) from error
    except RedisError as error:
        raise LedgerUnavailable(_sentence(error)) from error


def _refusal(error: Exception) -> str | None:
    """In an error from inside a script, the code is in the middle of the text, after a minus."""
    text = str(error)
    kinds = {
        OutOfMemoryError: "OOM",
        ReadOnlyError: "READONLY",
        BusyLoadingError: "LOADING",
        NoPermissionError: "NOPERM",
        AuthenticationError: "WRONGPASS",
    }
    named = next((code for kind, code in kinds.items() if isinstance(error, kind)), None)
    spoken = next((code for code, _ in _REFUSALS if text.startswith(code) or f"-{code} " in text), None)
    # redis-py drops the code and the type of a refusal at login.
    login = next((code for words, code in _AT_LOGIN if words in text), None)
    return dict(_REFUSALS).get(spoken or login or named or "")


def _sentence(error: Exception) -> str:
    known = _refusal(error)
    if known is not None:
        return known
    if isinstance(error, RedisTimeoutError | TimeoutError):
        return "Redis did not answer in time"
    connecting = re.search(r"connecting to (\S+):[0-9]+\. ", str(error))
    if connecting is not None and is_unknown_host(error):
        return f"Redis cannot be reached: {unknown_host(connecting[1])}"
    return "Redis cannot be reached, or the connection to it broke"


@dataclass(frozen=True, slots=True)
class Fitness:
    """`warnings`: sentences that say what may be lost, and what to set."""

    version: str
    warnings: tuple[str, ...]


async def check(client: Redis) -> Fitness:
    """Raises LedgerUnavailable with one sentence that says what to change."""
    with translated():
        info = await client.info("all")
    version = str(info.get("redis_version", "0"))
    if _number(version) < MINIMUM:
        raise LedgerUnavailable(f"Redis is version {version}; 6.2 or newer is needed")
    if str(info.get("redis_mode", "")) == "cluster" or info.get("cluster_enabled") == 1:
        raise LedgerUnavailable("Redis runs as a cluster; use one primary, or Sentinel")
    if str(info.get("role", "master")) != "master":
        raise LedgerUnavailable("Redis is a replica; write the address of the primary")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        raise LedgerUnavailable(f"Redis drops keys when memory is short ({policy}); set maxmemory-policy noeviction")
    if info.get("loading") == 1:
        raise LedgerUnavailable("Redis is still loading its data")
    return Fitness(version, _warnings(info))


def _warnings(info: dict[str, object]) -> tuple[str, ...]:
    if info.get("aof_enabled") == 1:
        return ()
    return ("Redis keeps no append-only file, so a stop loses what came after its last dump; set appendonly yes",)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
