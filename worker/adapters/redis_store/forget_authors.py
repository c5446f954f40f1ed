"""Removes the name of a person from the records of their acts. The acts stay: a silence continues."""

import json
from typing import Any

from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.domain.access import FORGOTTEN, acted

SIGNED = ("acks:*", "silences", "subscriptions:*", "preferences:*", "choices:*", "access")
"""Hashes of JSON objects, some of which name their author under `by`."""


async def forget_authors(scripts: Scripts, wanted: str) -> None:
    """`wanted`: an address in lower case. Also in records that another version wrote."""
    for pattern in SIGNED:
        async for name in scripts.names(pattern):
            if await scripts.ask("TYPE", f"{scripts.prefix}:{name}") != b"hash":
                continue
            for field in await scripts.ask("HKEYS", f"{scripts.prefix}:{name}"):
                await _forget(scripts, name, text(field), wanted)


async def _forget(scripts: Scripts, name: str, field: str, wanted: str) -> None:
    """Again where somebody wrote it meanwhile."""
    while (raw := await scripts.ask("HGET", f"{scripts.prefix}:{name}", field)) is not None:
        left = _unsigned(raw, wanted)
        if left is None or await scripts.run("forget_author", {"key": name, "field": field}, raw, left) != LOST:
            return


def _unsigned(raw: bytes, wanted: str) -> bytes | None:
    """None if there is nothing to forget."""
    try:
        held = json.loads(raw)
    except ValueError:
        return None  # a time, or what no version wrote
    left = _without(held, wanted)
    return None if left == held else json.dumps(left, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _without(value: Any, wanted: str) -> Any:
    if isinstance(value, list):
        return [_without(one, wanted) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: FORGOTTEN if name == "by" and isinstance(one, str) and acted(one, wanted) else _without(one, wanted)
        for name, one in value.items()
    }
