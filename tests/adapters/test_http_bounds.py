"""Answers that are small on the wire and huge when they are unpacked, and answers that are huge as they are."""

import asyncio
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard

from tests.support.scripted_http import Said, scripted
from worker.adapters.http import Http, HttpAnswer, HttpFailure
from worker.adapters.http_body import STEP

MB = 1024 * 1024


def bomb(layers: int, size: int = 256 * MB) -> bytes:
    """`size` zero bytes, packed with gzip so many times, without ever holding them whole."""
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(bytes(MB)) for _ in range(size // MB)) + packer.flush()
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


async def answered(said: Said) -> HttpAnswer:
    async with scripted(lambda _: said) as server:
        client = Http(server.url, timeout=30)
        try:
            return await client.send("GET", "/x")
        finally:
            await client.aclose()


async def test_we_offer_gzip_alone() -> None:
    async with scripted(lambda _: Said({})) as server:
        client = Http(server.url)
        await client.send("GET", "/x")
        await client.aclose()
    assert server.asked[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "identity, gzip"])
async def test_a_packed_answer_is_unpacked(coding: str) -> None:
    body = json.dumps(list(range(100_000))).encode()
    said = Said(gzip.compress(body[:50_000]) + gzip.compress(body[50_000:]), headers={"content-encoding": coding})
    assert (await answered(said)).body == body


@pytest.mark.parametrize("status", [200, 400])
async def test_a_bomb_is_left_at_the_limit_and_never_lies_in_memory_whole(status: int) -> None:
    """Packed answers grow a thousandfold; 256 MB are four times the limit."""
    said = Said(bomb(1), status, {"content-encoding": "gzip"})
    tracemalloc.start()
    try:
        if status == 200:
            with pytest.raises(HttpFailure, match="the answer is larger than 64 MB") as caught:
                await answered(said)
            assert caught.value.sent
        else:
            assert (await answered(said)).body == b""
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < (160 if status == 200 else 8) * MB


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (lambda: bomb(2), "gzip, gzip"),
        (lambda: zstandard.compress(bytes(MB)), "zstd"),
        (lambda: zstandard.compress(zstandard.compress(bytes(MB))), "zstd, zstd"),
        (lambda: zlib.compress(bytes(MB)), "deflate"),
        (lambda: b"\x1b\x00", "br"),
        (bytes, "gzip, gzip"),
    ],
    ids=["gzip twice", "zstd", "zstd twice", "deflate", "brotli", "nothing"],
)
async def test_any_other_coding_and_more_than_one_are_refused_in_a_sentence(
    packed: Callable[[], bytes], coding: str
) -> None:
    body = packed()
    words = f"the answer is encoded as '{coding}', but only gzip was offered"
    tracemalloc.start()
    try:
        with pytest.raises(HttpFailure, match=words) as caught:
            await answered(Said(body, headers={"content-encoding": coding}))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.sent
    assert peak < 8 * MB


@pytest.mark.parametrize(
    "broken",
    [gzip.compress(b"x" * 999)[:-9], gzip.compress(b"x") + b"junk", b"no gzip"],
    ids=["cut", "goes on", "none"],
)
async def test_a_packed_answer_that_is_cut_or_goes_on_is_broken(broken: bytes) -> None:
    with pytest.raises(HttpFailure, match="the answer's compression is broken"):
        await answered(Said(broken, headers={"content-encoding": "gzip"}))


async def test_an_empty_answer_may_claim_to_be_packed() -> None:
    assert (await answered(Said(b"", headers={"content-encoding": "gzip"}))).body == b""


async def test_the_loop_turns_while_an_answer_is_unpacked() -> None:
    """Each step unpacks a small piece, and others have their turn after each."""
    turns = 0

    async def counting() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counter = asyncio.create_task(counting())
    said = Said(bomb(1, 32 * MB), headers={"content-encoding": "gzip"})
    assert len((await answered(said)).body) == 32 * MB
    counter.cancel()
    assert turns >= 32 * MB // STEP


async def test_words_of_a_refusal_past_a_megabyte_are_left_out_and_its_status_stays() -> None:
    answer = await answered(Said(b"x" * (2 * MB), 403))
    assert (answer.status, answer.body) == (403, b"")
