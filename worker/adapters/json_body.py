"""Reads JSON from other programs with limits on its depth, its number of values, and the time it blocks the loop.

Memory and time depend on the number of values, not on the bytes: a million empty lists are 3 MB on the wire, and take
60 MB and 0.2 s here.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

ASIDE = 1_000_000
"""A body with more bytes is read in a thread, so that heartbeats continue."""
MOST_VALUES = 1_000_000
"""Counted by separators, also inside texts. That is quick and slightly too strict."""


class JsonUnreadable(ValueError):
    """The text names what was found instead of JSON, such as "HTML" or "JSON that is nested too deeply"."""


def decoded(body: bytes) -> Any:
    """The value of a JSON text. NaN and Infinity, which only Python accepts, are refused. Raises JsonUnreadable."""
    if not body.strip():
        raise JsonUnreadable("an empty body")
    if len(body) > MOST_VALUES and sum(body.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise JsonUnreadable(f"JSON with more than {MOST_VALUES:,} values")
    if len(body) <= ASIDE:
        with suppress(msgspec.MsgspecError, RecursionError):
            return msgspec.json.decode(body)
    return _standard(body)


def split_list(body: bytes, name: str) -> tuple[dict[str, Any], list[msgspec.Raw]] | None:
    """The values of a JSON object without its list `name`, and each item of that list as bytes that are not decoded.
    None for anything else than such an object in UTF-8, and for a large one: `decoded_aside` reads it, or says what is
    wrong with it.
    """
    if len(body) > ASIDE:
        return None
    try:
        str(body, "utf-8")  # what is skipped is checked for its syntax only
        parts = _parts.decode(body)
        items = _items.decode(parts.pop(name))
        return {key: msgspec.json.decode(part) for key, part in parts.items()}, items
    except (KeyError, ValueError, RecursionError):
        return None


_parts = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])


def _standard(body: bytes) -> Any:
    """By the standard library, which reads more: another encoding than UTF-8, half a surrogate pair, 1e999. It also
    names what is wrong.
    """
    try:
        return json.loads(body, parse_constant=_no_number, object_hook=_same if len(body) > ASIDE else None)
    except RecursionError:
        raise JsonUnreadable("JSON that is nested too deeply") from None
    except ValueError:
        kind = "HTML" if body.lstrip()[:1] == b"<" else "text that is not JSON, or JSON that broke off"
        raise JsonUnreadable(kind) from None


async def decoded_aside(body: bytes) -> Any:
    """As `decoded`, but reads large bodies in a thread, one at a time, because values take many times their bytes."""
    if len(body) <= ASIDE:
        return decoded(body)
    loop = asyncio.get_running_loop()
    async with _one_at_a_time.setdefault(loop, asyncio.Lock()):
        return await asyncio.to_thread(decoded, body)


_one_at_a_time: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


def _same(value: dict[str, Any]) -> dict[str, Any]:
    """Lets other threads run. The decoder is one long call in C, which blocks them; Python switches threads when the
    decoder calls this function for each object.
    """
    return value


def _no_number(constant: str) -> None:
    raise ValueError(constant)
