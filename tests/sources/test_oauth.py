"""Tokens that end: looked up again, or renewed once for all workers and kept encrypted; real Redis, real stand-ins."""

import asyncio
import base64
import hashlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.scripted_http import Asked, Said, scripted
from worker.adapters.oauth_answer import LONGEST, LONGEST_REFRESH
from worker.adapters.oauth_tokens import LARGEST, App
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.tokens import RedisTokens
from worker.errors import RequestError, SourceError, SourceRefused, SourceUnavailable
from worker.plugins import CONNECTIONS, open_source
from worker.ports import Catalog, CheckedSource
from worker.ports.tokens import Renewal, Tokens, TokenStore
from worker.sandbox.oauth import CLIENT_ID, CLIENT_SECRET, FIRST, OAuth
from worker.sandbox.server import Sandbox
from worker.sources.common.oauth import Renewed

KEY = base64.b64encode(b"k" * 32).decode()
KINDS = ("close", "pipedrive")


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def store(redis: EmbeddedRedis, key: str = KEY) -> AsyncIterator[RedisTokens]:
    client = connect(redis.url)
    try:
        yield RedisTokens(client, "acme", "lane", key)
    finally:
        await client.aclose()


async def put(kept: RedisTokens, tokens: Tokens) -> None:
    """What a renewal left."""
    turn = await kept.begin()
    assert await kept.save(tokens, turn)
    await kept.leave(turn)


async def lapse(kept: RedisTokens) -> None:
    """What thirty seconds do to the turn that somebody has."""
    await kept._client.delete(kept._turn)


def options(box: Sandbox, kind: str, refresh: str = FIRST) -> dict[str, str]:
    given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": refresh}
    if kind == "close":
        return {**given, "base_url": box.close_url}
    return {**given, "base_url": box.pipedrive_url, "oauth_url": f"{box.pipedrive_url}/oauth/token"}


def oauth_of(box: Sandbox, kind: str) -> OAuth:
    return box.close.oauth if kind == "close" else box.pipedrive.oauth


@asynccontextmanager
async def opened(
    kind: str, given: dict[str, str], kept: TokenStore | None, reread: Callable[[], dict[str, str]] = dict
) -> AsyncIterator[CheckedSource]:
    source = open_source(kind, given, {}, now, renewal=Renewal(reread, kept))
    assert isinstance(source, CheckedSource)
    try:
        yield source
    finally:
        await source.aclose()


async def look(source: CheckedSource) -> None:
    """A request that no cache answers."""
    assert isinstance(source, Catalog)
    await source.holds("users")


@pytest.mark.parametrize("kind", KINDS)
async def test_the_first_request_gets_a_token_and_a_revoked_one_is_renewed_once(
    kind: str, empty_redis: EmbeddedRedis
) -> None:
    async with Sandbox() as box, store(empty_redis) as kept, opened(kind, options(box, kind), kept) as source:
        await source.check()
        assert oauth_of(box, kind).granted == 1
        oauth_of(box, kind).revoke()
        await asyncio.gather(*(look(source) for _ in range(5)))
        assert oauth_of(box, kind).granted == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_many_workers_renew_a_token_once(kind: str, empty_redis: EmbeddedRedis) -> None:
    async with Sandbox() as box, AsyncExitStack() as stack:
        sources = []
        for _ in range(6):
            kept = await stack.enter_async_context(store(empty_redis))
            sources.append(await stack.enter_async_context(opened(kind, options(box, kind), kept)))
        await asyncio.gather(*(source.check() for source in sources))
        assert oauth_of(box, kind).granted == 1


async def test_a_worker_that_begins_later_uses_what_was_kept(empty_redis: EmbeddedRedis) -> None:
    """The definition's own refresh token is spent by then; the one in Redis is the good one."""
    async with Sandbox() as box, store(empty_redis) as kept:
        for _ in range(3):
            async with opened("close", options(box, "close"), kept) as source:
                await source.check()
            box.close.oauth.revoke()
            held = await kept.load()
            assert held is not None
            await put(kept, replace(held, expires=0.0))
        assert box.close.oauth.granted == 3


async def test_what_lies_in_redis_is_encrypted_and_another_key_is_refused(empty_redis: EmbeddedRedis) -> None:
    async with store(empty_redis) as kept:
        await put(kept, Tokens("access-secret", "refresh-secret", 1.0, "seed"))
        client = connect(empty_redis.url)
        raw = await client.get("acme:tokens:lane")
        await client.aclose()
        assert isinstance(raw, bytes)
        assert b"secret" not in raw
        assert "secret" not in repr(await kept.load())
    async with store(empty_redis, base64.b64encode(b"o" * 32).decode()) as other:
        with pytest.raises(RequestError, match="another key than the one"):
            await other.load()


@pytest.mark.parametrize("key", ["short", "", "ä" * 44])
async def test_a_key_that_is_none_is_refused_without_being_told(empty_redis: EmbeddedRedis, key: str) -> None:
    with pytest.raises(RequestError, match="expected 32 bytes in base 64") as refused:
        async with store(empty_redis, key):
            raise AssertionError("not reached")
    assert not key or key not in str(refused.value)


async def test_a_run_that_is_cancelled_while_it_renews_loses_no_token(empty_redis: EmbeddedRedis) -> None:
    """The service has given the new token when the run goes: it is kept all the same."""
    arrived = asyncio.Event()

    async def slow(_asked: Asked) -> Said:
        arrived.set()
        return Said({"access_token": "a1", "refresh_token": "r1", "expires_in": 3600}, after=0.2)

    async with scripted(slow) as server, store(empty_redis) as kept:
        renewed = Renewed(App(server.url, "id", "secret"), "r0", kept, now)
        run = asyncio.create_task(renewed.headers())
        await arrived.wait()
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run
        await renewed.aclose()
        held = await kept.load()
        assert held is not None
        assert (held.access, held.refresh, held.begun, len(server.asked)) == ("a1", "r1", False, 1)


async def test_what_was_killed_after_it_asked_is_tried_again_and_told_when_that_is_too_late(
    empty_redis: EmbeddedRedis,
) -> None:
    """What is left: a renewal noted as begun. If the service never saw it, the same token still works."""
    async with Sandbox() as box, store(empty_redis) as kept:
        async with opened("close", options(box, "close"), kept) as source:
            await source.check()
        held = await kept.load()
        assert held is not None
        await put(kept, replace(held, begun=True))
        async with opened("close", options(box, "close"), kept) as source:
            await source.check()
        assert box.close.oauth.granted == 2
        await put(kept, replace(held, begun=True, number=3))
        async with opened("close", options(box, "close"), kept) as source:
            with pytest.raises(SourceRefused, match="interrupted before its answer was stored") as refused:
                await source.check()
        assert "sandbox_" not in str(refused.value)
        async with opened("close", options(box, "close", box.close.oauth.refresh), kept) as source:
            await source.check()  # authorized again: the definition's new token stands before what is kept


async def test_a_refused_refresh_token_says_what_to_do_and_repeats_none(empty_redis: EmbeddedRedis) -> None:
    async with Sandbox() as box, store(empty_redis) as kept:
        async with opened("pipedrive", options(box, "pipedrive", "refresh_stolen"), kept) as source:
            with pytest.raises(SourceRefused, match="authorize Funnelbeat at the service again") as refused:
                await source.check()
            assert "refresh_stolen" not in str(refused.value)
        assert await kept.begin(), "the turn is given back"


async def test_a_turn_that_lapsed_is_not_ended_by_whoever_had_it(empty_redis: EmbeddedRedis) -> None:
    """A renewal that took longer than a turn lasts ends while another worker renews."""
    async with store(empty_redis) as slow, store(empty_redis) as other:
        lapsed = await slow.begin()
        await slow._client.delete(slow._turn)
        turn = await other.begin()
        assert lapsed
        assert turn
        await slow.leave(lapsed)
        assert not await slow.begin(), "the other has it"
        await other.leave(turn)
        assert await slow.begin()


async def test_a_wrong_client_is_told_as_such_every_time(empty_redis: EmbeddedRedis) -> None:
    async with Sandbox() as box, store(empty_redis) as kept:
        given = {**options(box, "pipedrive"), "client_secret": "not-the-one"}
        async with opened("pipedrive", given, kept) as source:
            for _ in range(3):
                with pytest.raises(
                    SourceRefused, match=r"client_secret was not accepted \(invalid_client\)"
                ) as refused:
                    await source.check()
                assert "not-the-one" not in str(refused.value)
        async with opened("pipedrive", options(box, "pipedrive"), kept) as source:
            await source.check()


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (Said(b"", 503), "could not be renewed"),
        (Said(b"<html>"), "access_token"),
        (Said({"access_token": ""}), "access_token"),
        (Said({"access_token": "x" * (LONGEST + 1)}), "access_token: expected text of at most 16,384 visible"),
    ],
)
async def test_a_token_endpoint_that_fails_is_one_sentence(
    empty_redis: EmbeddedRedis, said: Said, problem: str
) -> None:
    async with scripted(lambda _: said) as server, store(empty_redis) as kept:
        renewed = Renewed(App(server.url, "id", "hush-hush"), "r0-hush", kept, now)
        with pytest.raises(Exception, match=problem) as failed:
            await renewed.headers()
        await renewed.aclose()
    assert "hush" not in str(failed.value)
    assert isinstance(failed.value, SourceUnavailable) or problem.startswith("access_token")


@asynccontextmanager
async def two_at_once(
    redis: EmbeddedRedis, slow: Said, quick: Said
) -> AsyncIterator[tuple[Renewed, Renewed, RedisTokens]]:
    """Two workers. `slow` is said to the first request, once another worker, which has the turn by then, was told
    `quick`.
    """
    asked = list[Asked]()

    async def answer(one: Asked) -> Said:
        asked.append(one)
        if len(asked) > 1:
            return quick
        await lapse(kept)
        with suppress(SourceRefused):
            await other.headers()
        return slow

    async with scripted(answer) as server, store(redis) as kept, store(redis) as kept_too:
        first, other = (Renewed(App(server.url, "id", "secret"), "r0", one, now) for one in (kept, kept_too))
        yield first, other, kept
        await first.aclose()
        await other.aclose()


def granted(number: int) -> Said:
    return Said({"access_token": f"a{number}", "refresh_token": f"r{number}", "expires_in": 3600})


REFUSAL = Said({"error": "invalid_grant"}, 400)


@pytest.mark.parametrize("slow", [granted(1), REFUSAL])
async def test_a_renewal_that_outlasts_its_turn_undoes_nothing(empty_redis: EmbeddedRedis, slow: Said) -> None:
    async with two_at_once(empty_redis, slow, granted(2)) as (first, _, kept):
        assert await first.headers() == {"authorization": "Bearer a2"}
        held = await kept.load()
    assert held is not None
    assert (held.access, held.refresh, held.begun) == ("a2", "r2", False)


async def test_a_renewal_that_outlasts_its_turn_is_stored_if_nobody_else_got_a_token(
    empty_redis: EmbeddedRedis,
) -> None:
    """The service had given the new refresh token to the first, so that it refused the other."""
    async with two_at_once(empty_redis, granted(1), REFUSAL) as (first, other, kept):
        assert await first.headers() == {"authorization": "Bearer a1"}
        assert await other.headers() == {"authorization": "Bearer a1"}
        held = await kept.load()
    assert held is not None
    assert (held.access, held.refresh, held.begun) == ("a1", "r1", False)


async def test_without_the_turn_nothing_as_new_as_what_is_stored_is_saved(empty_redis: EmbeddedRedis) -> None:
    async with store(empty_redis) as kept:
        await put(kept, Tokens("a2", "r2", 1.0, "seed", number=2))
        lapsed = await kept.begin()
        await lapse(kept)
        assert await kept.begin()
        for number in (1, 2):
            assert not await kept.save(Tokens("a", "r", 1.0, "seed", number=number), lapsed)
        assert await kept.load() == Tokens("a2", "r2", 1.0, "seed", number=2)
        assert await kept.save(Tokens("a3", "r3", 1.0, "seed", number=3), lapsed)


@pytest.mark.parametrize("more", [{}, {"number": 4, "what_comes_later": 7}])
async def test_tokens_that_another_version_wrote_are_read(empty_redis: EmbeddedRedis, more: dict[str, int]) -> None:
    async with store(empty_redis) as kept:
        written = {"access": "a", "refresh": "r", "expires": 1.0, "seed": "s", "begun": False, **more}
        await kept._client.set(kept._name, kept._box.seal(json.dumps(written).encode()))
        assert await kept.load() == Tokens("a", "r", 1.0, "s", number=more.get("number", 0))


CHILD = """
import asyncio, sys
from datetime import UTC, datetime
from worker.adapters.oauth_tokens import App
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.tokens import RedisTokens
from worker.sources.common.oauth import Renewed

async def renew(redis, service, key):
    kept = RedisTokens(connect(redis), "acme", "lane", key)
    await Renewed(App(service, "id", "secret"), "r0", kept, lambda: datetime.now(UTC)).headers()

asyncio.run(renew(*sys.argv[1:]))
"""


@pytest.mark.parametrize("again", [granted(2), REFUSAL])
async def test_a_worker_killed_before_it_stored_the_answer_leaves_a_note_of_it(
    empty_redis: EmbeddedRedis, again: Said
) -> None:
    """Whether the old refresh token still works is up to the service, which gave the new one to nobody."""
    children = list[asyncio.subprocess.Process]()
    asked, started = list[Asked](), asyncio.Event()

    async def answer(one: Asked) -> Said:
        asked.append(one)
        if len(asked) > 1:
            return again
        await started.wait()
        children[0].kill()
        await children[0].wait()
        return granted(1)

    async with scripted(answer) as server, store(empty_redis) as kept:
        made = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, empty_redis.url, server.url, KEY)
        children.append(made)
        started.set()
        await made.wait()
        held = await kept.load()
        assert held is not None
        assert (held.access, held.refresh, held.begun) == ("", "r0", True)
        await lapse(kept)
        renewed = Renewed(App(server.url, "id", "secret"), "r0", kept, now)
        if again is REFUSAL:
            with pytest.raises(SourceRefused, match="interrupted before its answer was stored"):
                await renewed.headers()
        else:
            assert await renewed.headers() == {"authorization": "Bearer a2"}
        await renewed.aclose()


SPENT = Tokens("a-hush", "r-hush", 0.0, hashlib.sha256(b"r0-hush").hexdigest()[:16], number=4)
"""The definition's refresh token was replaced before."""


@pytest.mark.parametrize(
    "said",
    [
        Said(b'{"access_token": "' + b"x" * LARGEST + b'"}'),
        Said(b"x" * (LARGEST + 1), 400),
        Said(b"<html>hush-hush</html>"),
        Said(b"\xff\xfe\x00"),
        Said(b""),
        Said(b"[" * 100_000),
        Said(["access_token"]),
        Said("access_token"),
        Said(None),
        Said({"access_token": 7}),
        Said({"access_token": None}),
        Said({"access_token": ["hush-hush"]}),
        Said({"access_token": "hush\r\nx-more: hush"}),
        Said({"access_token": "hush\x00"}),
        Said({"access_token": "hush\x1b[31m"}),
        Said({"access_token": "hush\u2028hush"}),
        Said({"access_token": "hüsh"}),
        Said(b'{"access_token": "hush\\ud800"}'),
        Said({"access_token": "hush hush"}),
        Said({"error": ["hush-hush"], "error_description": "hush\r\nhush"}, 400),
        Said({"access_token": "a-new"}, 302, {"location": "http://127.0.0.1:9/hush"}),
        Said({"access_token": "a-new"}, headers={"content-encoding": "gzip"}),
        Said({"access_token": "a-new"}, cut=10),
    ],
)
async def test_a_hostile_answer_of_a_token_endpoint_is_one_sentence_and_the_old_tokens_stay(
    empty_redis: EmbeddedRedis, said: Said
) -> None:
    async with scripted(lambda _: said) as server, store(empty_redis) as kept:
        await put(kept, SPENT)
        renewed = Renewed(App(server.url, "id", "hush-hush"), "r0-hush", kept, now)
        with pytest.raises(SourceError) as failed:
            await renewed.headers()
        await renewed.aclose()
        held = await kept.load()
        assert await kept.begin(), "the turn is given back"
    assert held is not None
    assert replace(held, begun=False) == SPENT
    assert str(failed.value).isprintable()
    assert len(str(failed.value)) < 300
    assert "hush" not in str(failed.value)


@pytest.mark.parametrize(
    "refresh",
    [
        b"7",
        b'["r1"]',
        b'""',
        b"null",
        b'"r1\\u0000"',
        b'"r1\\r\\nr2"',
        b'"r\\u00fc"',
        b'"r1\\ud800"',
        b'"' + b"r" * (LONGEST_REFRESH + 1) + b'"',
    ],
)
async def test_a_new_refresh_token_that_can_be_none_leaves_the_one_before(
    empty_redis: EmbeddedRedis, refresh: bytes
) -> None:
    body = b'{"access_token": "a1", "refresh_token": ' + refresh + b"}"
    async with scripted(lambda _: Said(body)) as server, store(empty_redis) as kept:
        await put(kept, SPENT)
        renewed = Renewed(App(server.url, "id", "secret"), "r0-hush", kept, now)
        assert await renewed.headers() == {"authorization": "Bearer a1"}
        await renewed.aclose()
        held = await kept.load()
    assert held is not None
    assert (held.access, held.refresh, held.number) == ("a1", SPENT.refresh, 5)


async def test_a_refresh_token_as_long_as_may_be_is_kept(empty_redis: EmbeddedRedis) -> None:
    longest = "r" * LONGEST_REFRESH
    said = Said({"access_token": "a1", "refresh_token": longest})
    async with scripted(lambda _: said) as server, store(empty_redis) as kept:
        renewed = Renewed(App(server.url, "id", "secret"), "r0", kept, now)
        await renewed.headers()
        await renewed.aclose()
        held = await kept.load()
    assert held is not None
    assert held.refresh == longest


@pytest.mark.parametrize("kind", KINDS)
async def test_a_token_in_a_file_is_read_again_once_it_is_refused(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first", "utf-8")
    told: list[str] = []

    def answer(asked: Asked) -> Said:
        told.append(asked.headers["authorization"])
        return Said({"success": False, "error": "no"}, 401 if told[-1] == "Bearer first" else 400)

    async with scripted(answer) as server:
        given = {"base_url": server.url, "access_token": "first"}

        def reread() -> dict[str, str]:
            return {"access_token": file.read_text("utf-8")}

        async with opened(kind, given, None, reread) as source:
            with pytest.raises(SourceRefused, match="401"):
                await source.check()
            assert told == ["Bearer first"], "the same token is not tried twice"
            file.write_text("second", "utf-8")
            with pytest.raises(SourceRefused, match="400"):
                await source.check()
    assert told == ["Bearer first", "Bearer first", "Bearer second"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_refresh_token_needs_its_client_and_a_key_to_keep_it(kind: str) -> None:
    base = {"base_url": "http://127.0.0.1:9", "refresh_token": "r0-hush"}
    with pytest.raises(RequestError, match="without client_id and client_secret"):
        open_source(kind, base, {}, now)
    whole = {**base, "client_id": "id", "client_secret": "hush-hush"}
    with pytest.raises(RequestError, match="FUNNELBEAT_TOKEN_KEY") as refused:
        open_source(kind, whole, {}, now)
    assert "hush" not in str(refused.value)
    assert "hush" not in json.dumps(str(App("http://x", "id", "hush-hush")))


@pytest.mark.parametrize("kind", KINDS)
def test_a_refresh_token_alone_is_a_complaint_before_anything_is_opened(kind: str) -> None:
    found = CONNECTIONS[kind].faults({"refresh_token": "${REFRESH}", "client_id": "id"})
    assert [(fault.path, fault.expected) for fault in found] == [(("refresh_token",), "write `client_secret` too")]
    assert CONNECTIONS[kind].faults({"access_token": "${file:token}"}) == ()
