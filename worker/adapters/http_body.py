"""The body of an answer, unpacked in small steps: a few bytes on the wire can be many gigabytes when they are unpacked.

httpx unpacks a whole piece at once, as often as the answer's header asks for, so that it is not used for this.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence

from worker.adapters.body_budget import BodyReading
from worker.redact import redact

STEP = 256 * 1024
"""Bytes that are unpacked before others have their turn."""
OFFERED = "gzip"
_GZIP = zlib.MAX_WBITS + 16


class BodyTooLarge(Exception):
    """More bytes than the limit, packed or unpacked."""


class BodyUnreadable(Exception):
    """The text says in what way."""


def packed(codings: Sequence[str]) -> bool:
    """Whether a body with these content codings has to be unpacked. Raises BodyUnreadable for any coding but gzip and
    for more than one.
    """
    real = [coding for coding in codings if coding.lower() not in {"", "identity"}]
    if not real:
        return False
    if len(real) > 1 or real[0].lower() not in {"gzip", "x-gzip"}:
        found = ", ".join(real)
        raise BodyUnreadable(f"the answer is encoded as {redact(found, (), 40)!r}, but only {OFFERED} was offered")
    return True


async def read_plain(pieces: AsyncIterator[bytes], limit: int) -> bytes:
    """A body without any coding. Raises BodyTooLarge."""
    body = bytearray()
    with BodyReading() as reading:
        async for piece in pieces:
            await reading.grow(len(piece))
            body += piece
            if len(body) > limit:
                raise BodyTooLarge
        return reading.kept(body)


async def read_gzip(pieces: AsyncIterator[bytes], limit: int) -> bytes:
    """A body of gzip members, as RFC 1952 allows several. Raises BodyTooLarge and BodyUnreadable."""
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
