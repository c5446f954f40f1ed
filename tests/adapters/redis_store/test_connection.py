"""Whether Redis is fit, whose prefix it is, and what is said when it is not there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.support.ledger_fixture import PROJECT, SLOT, WEEKLY, LedgerFixture, bundle
from worker.adapters.celery.app import make_app
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import check, connect
from worker.adapters.redis_store.ledger import RedisLedger
from worker.errors import LedgerUnavailable, RequestError


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Redis]:
    client = connect(url)
    try:
        yield client
    finally:
        await client.aclose()


async def test_the_embedded_redis_is_fit_without_a_warning(redis_client: Redis) -> None:
    fitness = await check(redis_client)
    assert fitness.warnings == ()
    assert fitness.version >= "6.2"


@pytest.fixture
async def own_redis(tmp_path: Path) -> AsyncIterator[tuple[EmbeddedRedis, Redis]]:
    """A Redis of this test alone, to be spoilt or killed."""
    with EmbeddedRedis(tmp_path) as server:
        async with opened(server.url) as client:
            yield server, client


async def test_a_redis_that_drops_keys_is_unfit(own_redis: tuple[EmbeddedRedis, Redis]) -> None:
    _, client = own_redis
    await client.config_set("maxmemory-policy", "allkeys-lru")
    with pytest.raises(LedgerUnavailable, match=r"\(allkeys-lru\); set maxmemory-policy noeviction"):
        await check(client)


async def test_a_replica_is_unfit(own_redis: tuple[EmbeddedRedis, Redis]) -> None:
    _, client = own_redis
    await client.replicaof("127.0.0.1", 1)
    with pytest.raises(LedgerUnavailable, match="is a replica; write the address of the primary"):
        await check(client)


async def test_no_append_only_file_is_a_warning(own_redis: tuple[EmbeddedRedis, Redis]) -> None:
    _, client = own_redis
    await client.config_set("appendonly", "no")
    (warning,) = (await check(client)).warnings
    assert "set appendonly yes" in warning


@pytest.mark.parametrize(("version", "mode"), [("6.0.9", "standalone"), ("7.2.1", "cluster")])
async def test_too_old_and_cluster_are_refused(tmp_path: Path, version: str, mode: str) -> None:
    """No such server is at hand, so a socket answers INFO as one would."""
    info = f"redis_version:{version}\r\nredis_mode:{mode}"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if line.strip() == b"INFO":
                writer.write(f"${len(info)}\r\n{info}\r\n".encode())
            elif line.strip() == b"CLIENT":
                writer.write(b"+OK\r\n")
        writer.close()

    server = await asyncio.start_unix_server(answer, tmp_path / "s")
    async with server, opened(f"unix://{tmp_path}/s") as client:
        with pytest.raises(LedgerUnavailable, match=r"6\.0\.9; 6\.2 or newer|as a cluster"):
            await check(client)


@pytest.mark.parametrize("url", ["http://x", "", "redis//x", "amqp://h"])
def test_another_scheme_is_refused(url: str) -> None:
    with pytest.raises(RequestError, match="write redis://, rediss:// or unix://"):
        connect(url)


def test_a_broken_url_is_refused_without_its_password() -> None:
    with pytest.raises(RequestError) as caught:
        connect("redis://user:geheim@host:notaport/0")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("url", ["unix:///nowhere/r.sock", "redis://:geheim@127.0.0.1:1/0"])
async def test_a_redis_that_is_not_there_is_unavailable(url: str) -> None:
    async with opened(url) as client:
        with pytest.raises(LedgerUnavailable, match="cannot be reached") as caught:
            await RedisLedger(client, "p").clock.now()
        with pytest.raises(LedgerUnavailable):
            await RedisLedger(client, "p").clock.due(1)
    assert "geheim" not in str(caught.value)


async def test_no_memory_left_is_one_sentence(own_redis: tuple[EmbeddedRedis, Redis]) -> None:
    _, client = own_redis
    await client.config_set("maxmemory", "1")
    with pytest.raises(LedgerUnavailable, match="no memory left"):
        await LedgerFixture(client).clock.request(LedgerFixture(client).claim(SLOT), 1)


async def test_scripts_and_acknowledged_writes_outlive_a_killed_redis(own_redis: tuple[EmbeddedRedis, Redis]) -> None:
    server, client = own_redis
    story = LedgerFixture(client)
    key, attempt = await story.begun()
    server.kill()
    with pytest.raises(LedgerUnavailable):
        await story.runs.beat(key, attempt)
    server.attach_or_start()
    await story.runs.beat(key, attempt)
    assert (await story.run(key)).attempt == attempt
    deployed = await story.deployments.deployed()
    assert deployed is not None
    assert await story.deployments.bundle(deployed.bundle) == bundle(WEEKLY)


async def test_forgotten_scripts_are_sent_again(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    await story.client.script_flush()
    await story.runs.beat(key, attempt)
    assert await story.client.exists(f"{PROJECT}:run:{key}")


@pytest.mark.parametrize(
    ("options", "said"), [("", "wants a password"), ("user:wrong@", "refused the user or password")]
)
async def test_a_missing_password_is_told_apart_from_a_wrong_one(tmp_path: Path, options: str, said: str) -> None:
    with EmbeddedRedis(tmp_path / "guarded") as server:
        async with opened(server.url) as client:
            await client.config_set("requirepass", "geheim")
        async with opened(server.url.replace("unix://", f"unix://{options}")) as client:
            with pytest.raises(LedgerUnavailable, match=said):
                await check(client)


async def test_a_redis_in_protected_mode_says_so_and_what_to_do() -> None:
    """It says this to whoever connects from another machine, and ends the connection."""

    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"-DENIED Redis is running in protected mode because no password is set\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with opened(f"redis://127.0.0.1:{port}/0") as client:
            with pytest.raises(LedgerUnavailable, match=r"protected mode, which .* set requirepass there"):
                await check(client)


async def test_a_redis_with_too_few_replicas_is_unavailable_also_when_a_script_says_so(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    await story.client.config_set("min-replicas-to-write", 1)
    try:
        with pytest.raises(LedgerUnavailable, match="too few replicas"):
            await story.runs.beat(key, attempt)
    finally:
        await story.client.config_set("min-replicas-to-write", 0)


async def test_a_database_that_redis_does_not_have_is_a_sentence(empty_redis: EmbeddedRedis) -> None:
    async with opened(empty_redis.url.replace("db=0", "db=99")) as client:
        with pytest.raises(LedgerUnavailable, match="no database of this number"):
            await check(client)


async def test_a_directory_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket stands in a URL, where some characters have a meaning of their own."""
    for name in ("a&b c#d", "größe 数字", "100% @home?"):
        place = tmp_path / name
        place.mkdir(mode=0o700)
        with EmbeddedRedis(place / "data", runtime=place) as server:
            async with opened(server.url) as client:
                assert (await check(client)).version
            with make_app(server.broker_url, "tern").connection_for_read() as connection:
                connection.ensure_connection(max_retries=1, timeout=2)
