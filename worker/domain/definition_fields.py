"""What changed inside definitions, field by field, as a reviewer reads it."""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from worker.domain.definition_changes import CHANGED, DefinitionChange, project_keys
from worker.domain.schedule import Bundle, ChannelSpec, Connection
from worker.domain.time.duration import written

LONGEST = 200
"""Characters of a value."""

HIDDEN = "(a secret)"

_NAMES = {
    "trigger": "when",
    "trigger.expression": "when.cron",
    "trigger.seconds": "when.every",
    "trigger.zone": "when.timezone",
    "trigger.start": "when.start",
    "trigger.end": "when.end",
    "trigger.holidays": "when.holidays",
    "catch_up": "when.catch_up",
    "event": "when.event",
    "event.name": "when.event",
    "event.filter": "when.filter",
    "event.debounce": "when.debounce",
    "bridge": "digest.bridge",
    "key": "digest.key",
    "template": "digest.template",
}
"""Fields of a schedule that have another name in the user's file."""

_CALLED = frozenset({"heartbeat_url", "webhook"})
_CALLED_WITH = frozenset(
    {"url", *(f"options.{name}" for name in ("url", "secret", "secret_previous", "authorization"))}
)
"""Fields of what is called that hold secrets."""

_LAST_NAMES = {"zone": "timezone", "condition": "if", "pending": "for"}
_DURATIONS = frozenset({"seconds", "pending", "keep_firing", "repeat", "debounce", "share_for", "spread", "grace"})
_SILENT = frozenset({"id", "kind"})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """`field`: its path in the file, such as when.cron or to.team.address. `before` and `after` are None where it is
    absent, or has its default.
    """

    kind: str
    name: str
    field: str
    before: str | None
    after: str | None


Secret = Callable[[str, str, str], bool]
"""Of "connection" or "channel", its type and an option: whether its value is never shown."""


def field_changes(
    before: Bundle | None, after: Bundle, changed: tuple[DefinitionChange, ...], is_secret: Secret
) -> tuple[FieldChange, ...]:
    """Of each definition that is in both bundles and differs, in the order of `changed`. References to secrets are
    shown; what is written in place of one is not.
    """
    if before is None:
        return ()
    return tuple(
        found for one in changed if one.change == CHANGED for found in _of(before, after, one.kind, one.name, is_secret)
    )


def _of(before: Bundle, after: Bundle, kind: str, name: str, is_secret: Secret) -> Iterator[FieldChange]:
    was, now = _definition(before, kind, name), _definition(after, kind, name)
    if kind == "template":
        yield FieldChange(kind, name, "lines", None, _lines(str(was), str(now)))
        return
    old, new = (dict(_flat(one, "")) for one in (was, now))
    secret = _secrets(kind, (was, now), is_secret)
    for path in dict.fromkeys((*new, *old)):
        values = old.get(path), new.get(path)
        if values[0] != values[1]:
            shown = [_safe(value) if path in secret else value for value in values]
            yield FieldChange(kind, name, path, *shown)


def _definition(bundle: Bundle, kind: str, name: str) -> Any:
    match kind:
        case "project":
            return project_keys(bundle)
        case "defaults":
            return bundle.defaults
        case "language":
            return bundle.languages[name]
        case "person":
            return bundle.people[name]
        case "heartbeat_url":
            return bundle.heartbeat
    held: Mapping[str, Any] = getattr(bundle, f"{kind}s")
    one = held[name]
    return {"type": one.type, **one.options} if isinstance(one, Connection | ChannelSpec) else one


def _secrets(kind: str, both: tuple[Any, ...], is_secret: Secret) -> frozenset[str]:
    if kind in _CALLED:
        return _CALLED_WITH
    if kind not in {"connection", "channel"}:
        return frozenset()
    return frozenset(option for one in both for option in one if is_secret(kind, one["type"], option))


def _safe(value: str | None) -> str | None:
    return value if value is None or (value.startswith("${") and value.endswith("}")) else HIDDEN


def _lines(before: str, after: str) -> str:
    found = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    added, removed = (sum(line.startswith(sign) for line in found) for sign in "+-")
    return f"+{added} −{removed}"


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Leaves by their paths. A list of things with an id is told by their ids."""
    if is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            inner = getattr(value, one.name)
            if one.name not in _SILENT and not _is_default(one, inner):
                yield from _flat(inner, f"{path}.{one.name}".lstrip("."))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list | tuple) and any(hasattr(one, "id") for one in value):
        for one in value:
            yield from _flat(one, f"{path}.{one.id}")
    elif value is not None:
        yield _named(path), _text(value, path.rpartition(".")[2])


def _is_default(one: Any, value: Any) -> bool:
    if one.default_factory is not MISSING:
        return bool(value == one.default_factory())
    return one.default is not MISSING and bool(value == one.default)


def _named(path: str) -> str:
    known = _NAMES.get(path)
    if known is not None:
        return known
    rest, dot, last = path.rpartition(".")
    return f"{rest}{dot}{_LAST_NAMES.get(last, last)}"


def _text(value: Any, name: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and name in _DURATIONS:
        return written(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        said = ", ".join(_text(one, "") for one in value)
    elif is_dataclass(value):
        said = ", ".join(f"{path}: {text}" for path, text in _flat(value, ""))
    else:
        said = value if isinstance(value, str) else json.dumps(value, default=str)
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"
