"""JSON that somebody else wrote, read within bounds: how deep, how many values, and for how long others wait.

Memory and time go with the number of values and not with the bytes: a million empty lists are 3 MB on the wire, and
some 60 MB and 0.2 s here.
"""

import asyncio
import json
from typing import Any
from weakref import WeakKeyDictionary

ASIDE = 1_000_000
"""Bytes beyond which a body is read in a thread, so that heartbeats go on."""
MOST_VALUES = 1_000_000
"""Counted by what stands between values, also where it stands in a text: a little strict, and quick."""


class JsonUnreadable(ValueError):
    """The text names what was found instead of JSON: "HTML", "JSON that is nested too deeply"."""


def decoded(body: bytes) -> Any:
    """The value of a JSON text; NaN and Infinity, which Python alone reads, are no JSON. Raises JsonUnreadable."""
    if not body.strip():
        raise JsonUnreadable("an empty body")
    if sum(body.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise JsonUnreadable(f"JSON with more than {MOST_VALUES:,} values")
    try:
        return json.loads(body, parse_constant=_no_number, object_hook=_same if len(body) > ASIDE else None)
    except RecursionError:
        raise JsonUnreadable("JSON that is nested too deeply") from None
    except ValueError:
        kind = "HTML" if body.lstrip()[:1] == b"<" else "text that is not JSON, or JSON that broke off"
        raise JsonUnreadable(kind) from None


async def decoded_aside(body: bytes) -> Any:
    """As `decoded`; a large body in a thread, one after the other: its values take many times its bytes."""
    if len(body) <= ASIDE:
        return decoded(body)
    loop = asyncio.get_running_loop()
    async with _one_at_a_time.setdefault(loop, asyncio.Lock()):
        return await asyncio.to_thread(decoded, body)


_one_at_a_time: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


def _same(value: dict[str, Any]) -> dict[str, Any]:
    """The decoder is one long call in C, which lets no other thread run. A function of Python's does, once for each
    object.
    """
    return value


def _no_number(constant: str) -> None:
    raise ValueError(constant)
