"""Unpacks the body of an answer in small steps, because a few bytes on the wire can unpack to many gigabytes.

httpx's own decoding is not used: it unpacks whole pieces, as many times as the answer's header asks for.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence

from worker.adapters.body_budget import BodyReading
from worker.redact import redact

STEP = 256 * 1024
"""Bytes that are unpacked before other tasks run."""
OFFERED = "gzip"
_GZIP = zlib.MAX_WBITS + 16


class BodyTooLarge(Exception):
    """The body has more bytes than the limit, packed or unpacked."""


class BodyUnreadable(Exception):
    """The body cannot be unpacked. The text says why."""


def packed(codings: Sequence[str]) -> bool:
    """Whether a body with these content codings must be unpacked. Raises BodyUnreadable for any coding except gzip, and
    for more than one coding.
    """
    real = [coding for coding in codings if coding.lower() not in {"", "identity"}]
    if not real:
        return False
    if len(real) > 1 or real[0].lower() not in {"gzip", "x-gzip"}:
        found = ", ".join(real)
        raise BodyUnreadable(f"the answer is encoded as {redact(found, (), 40)!r}, but only {OFFERED} was offered")
    return True


async def read_plain(pieces: AsyncIterator[bytes], limit: int) -> bytes:
    """Reads a body without compression. Raises BodyTooLarge."""
    body = bytearray()
    with BodyReading() as reading:
        async for piece in pieces:
            await reading.grow(len(piece))
            body += piece
            if len(body) > limit:
                raise BodyTooLarge
        return reading.kept(body)


async def read_gzip(pieces: AsyncIterator[bytes], limit: int) -> bytes:
    """Reads a body of one or more gzip members (RFC 1952). Raises BodyTooLarge and BodyUnreadable."""
    body = bytearray()
    arrived = 0
    member = zlib.decompressobj(_GZIP)
    with BodyReading() as reading:
        async for piece in pieces:
            arrived += len(piece)
            rest = piece
            while rest:
                if member.eof:
                    member = zlib.decompressobj(_GZIP)
                more = _unpacked(member, rest)
                await reading.grow(len(more))
                body += more
                rest = member.unused_data if member.eof else member.unconsumed_tail
                if max(len(body), arrived) > limit:
                    raise BodyTooLarge
                await asyncio.sleep(0)
        if arrived and not member.eof:
            raise BodyUnreadable("the answer's compression is broken")
        return reading.kept(body)


def _unpacked(member: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return member.decompress(data, STEP)
    except zlib.error:
        raise BodyUnreadable("the answer's compression is broken") from None
