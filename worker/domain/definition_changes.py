"""The differences between two bundles, definition by definition. There are none if and only if the ids of the bundles
are equal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from worker.domain.schedule import Bundle, ChannelSpec, Connection, Schedule

ADDED, CHANGED, REMOVED = "added", "changed", "removed"

_WHEN, _DIGEST = ("trigger", "catch_up", "event"), ("bridge", "key", "template")
_KEYS = dict.fromkeys(_WHEN, "when") | dict.fromkeys(_DIGEST, "digest")
"""Fields of a schedule that have another name in the user's file."""

_ALERTS = "alerts"


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """`kind`: project, defaults, connection, channel, person, schedule, template, language, heartbeat_url or webhook.
    `change`: added, changed or removed. `options`: names of what changed inside, never values; of a rule alerts.ID.
    """

    kind: str
    name: str
    change: str
    options: tuple[str, ...] = ()


def definition_changes(before: Bundle | None, after: Bundle) -> tuple[DefinitionChange, ...]:
    """`before` is the bundle in force, None for a first deployment. A renamed schedule counts as one removed and one
    added.
    """
    was = before or Bundle("", after.defaults, {}, {}, {})
    return (
        *([] if before is None else _one("project", "", project_keys(was), project_keys(after))),
        *([DefinitionChange("defaults", "", ADDED)] if before is None else []),
        *_one("defaults", "", was.defaults, after.defaults),
        *_each("connection", was.connections, after.connections),
        *_each("channel", was.channels, after.channels),
        *_each("person", was.people, after.people),
        *_each("schedule", was.schedules, after.schedules),
        *_each("template", was.templates, after.templates),
        *_each("language", was.languages, after.languages),
        *_each("heartbeat_url", _alone(was.heartbeat), _alone(after.heartbeat)),
        *_each("webhook", was.webhooks, after.webhooks),
    )


def project_keys(bundle: Bundle) -> dict[str, Any]:
    """The keys of funnelbeat.yaml that belong to nothing else. Without `subscriptions.allow`, what is allowed follows
    from the definitions, and is no key of its own.
    """
    return {
        "project": bundle.project,
        "subscriptions.allow": bundle.allow if bundle.allow_written else None,
        "shared_addresses": bundle.shared_addresses,
        "web": bundle.web,
        "web.console": bundle.console,
        "brand": bundle.brand,
    }


def same(one: Any, other: Any) -> bool:
    """Whether both are stored as the same bytes. Python's own `==` treats 1, 1.0 and True as equal parameters."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    texts = isinstance(one, str) and isinstance(other, str)  # a member of an enumeration is stored as its text
    if type(one) is not type(other) and not texts:
        return False
    if is_dataclass(one):
        return not _fields(one, other)
    if isinstance(one, float):
        return repr(one) == repr(other)
    return bool(one == other)


def _alone(value: Any) -> Mapping[str, Any]:
    """A definition that has no name."""
    return {} if value is None else {"": value}


def _each(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[DefinitionChange]:
    """Definitions added, removed and changed, in this order, each sorted by name."""
    for name in sorted(after.keys() - before.keys()):
        yield DefinitionChange(kind, name, ADDED)
    for name in sorted(before.keys() - after.keys()):
        yield DefinitionChange(kind, name, REMOVED)
    for name in sorted(after.keys() & before.keys()):
        yield from _one(kind, name, before[name], after[name])


def _one(kind: str, name: str, before: Any, after: Any) -> Iterator[DefinitionChange]:
    if not same(before, after):
        yield DefinitionChange(kind, name, CHANGED, tuple(sorted(_options(before, after))))


def _options(before: Any, after: Any) -> set[str]:
    match before, after:
        case ((Connection() | ChannelSpec()), (Connection() | ChannelSpec())):
            names = before.options.keys() | after.options.keys()
            changed = {name for name in names if before.options.get(name) != after.options.get(name)}
            return changed | ({"type"} if before.type != after.type else set())
        case dict(), dict():
            return {name for name in before if before[name] != after[name]}
        case Schedule(), Schedule():
            names = {_KEYS.get(name, name) for name in _fields(before, after)}
            return names - {_ALERTS} | _rules(before, after) if _ALERTS in names else names
        case _:
            return _fields(before, after) if is_dataclass(before) else set()


def _rules(before: Schedule, after: Schedule) -> set[str]:
    """alerts.ID of each rule that was added, removed or changed; alerts where only their order changed."""
    was, now = ({rule.id: rule for rule in one.alerts} for one in (before, after))
    names = {name for name in was.keys() | now.keys() if not same(was.get(name), now.get(name))}
    return {f"{_ALERTS}.{name}" for name in names} or {_ALERTS}


def _fields(before: Any, after: Any) -> set[str]:
    """Names of the fields that differ."""
    return {one.name for one in fields(before) if not same(getattr(before, one.name), getattr(after, one.name))}
