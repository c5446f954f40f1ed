"""Checks a change that a person typed before it is sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from worker.errors import RequestError

Verbs = Mapping[str, Mapping[str, Sequence[str]]]


def fitting(verbs: Verbs, kind: str, verb: str, key: str, values: Mapping[str, Any]) -> None:
    """Raises RequestError for anything that `verbs` (kind → verb → names of values) does not contain."""
    if kind not in verbs:
        raise RequestError(f"{kind} can be listed and not changed; changed can be: {', '.join(verbs)}")
    if verb not in verbs[kind]:
        raise RequestError(f"{kind}: found {verb!r}, expected one of {', '.join(verbs[kind])}")
    if bool(key) == (verb == "create"):
        raise RequestError(f"{kind} {verb}: " + ("write no id; it gets one" if key else "write the id"))
    names = verbs[kind][verb]
    if verb == "update" and not values:
        raise RequestError(f"{kind} update: write at least one of {', '.join(names)}")
    for name in values:
        if name not in names:
            raise RequestError(f"{kind} {verb} takes no {name!r}: write {', '.join(names) or 'no values'}")


def text(values: Mapping[str, Any], name: str, *, required: bool = False) -> str | None:
    """Raises RequestError if the value is no text, or is missing although required."""
    value = values.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str) or not value.strip():
        raise RequestError(f"{name}: expected text{_quoted(name, value)}" if value is not None else f"write {name}=…")
    return value


def _quoted(name: str, value: Any) -> str:
    """Values are JSON, in which digits alone are a number."""
    return f"; write {name}='\"{value}\"' for a text of digits" if isinstance(value, int | float) else ""


def flag(values: Mapping[str, Any], name: str) -> bool | None:
    value = values.get(name)
    if value is not None and not isinstance(value, bool):
        raise RequestError(f"{name}: expected true or false")
    return value


def mapping(values: Mapping[str, Any], name: str, *, required: bool = False) -> Mapping[str, Any] | None:
    value = values.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, Mapping):
        raise RequestError(f'{name}: expected a JSON object, as in {name}={{"type": "path", "value": "/pricing"}}')
    return value
