"""Code for all services that post events: a JSON object whose parts have known shapes."""

from collections.abc import Mapping
from typing import Any

from worker.adapters.json_body import JsonUnreadable, decoded
from worker.errors import PostRefused

LONGEST = 200
"""Characters of an id or of a name in an event."""


def posted_object(body: bytes) -> Mapping[str, Any]:
    """Raises PostRefused."""
    try:
        value = decoded(body)
    except JsonUnreadable as error:
        raise PostRefused(f"the body is {error}; expected a JSON object") from None
    if not isinstance(value, dict):
        raise PostRefused("the body is no JSON object")
    return value


def part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A mapping below `name`. Raises PostRefused."""
    value = of.get(name)
    if not isinstance(value, dict):
        raise PostRefused(f"{name} is no object")
    return value


def short_text(of: Mapping[str, Any], name: str) -> str:
    """Text below `name`, which must exist. Raises PostRefused."""
    value = of.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST or not value.isprintable():
        raise PostRefused(f"{name} is no text of 1 to {LONGEST} printable characters")
    return value


def names(value: object) -> tuple[str, ...]:
    """The texts of a list, as far as they are short."""
    if not isinstance(value, list | tuple):
        return ()
    return tuple(name for name in value if isinstance(name, str) and len(name) <= LONGEST)
