"""JSON Schema (draft 2020-12) of both kinds of file, for editors. `check` checks more than a schema can."""

from collections.abc import Iterable, Mapping
from typing import Any

from worker.adapters.definitions.alert_model import AlertShape, GroupsShape, InhibitShape
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.model import (
    BrandColoursShape,
    BrandPairShape,
    BrandShape,
    CapShape,
    DefaultsShape,
    DigestShape,
    EntryShape,
    HeartbeatShape,
    ImprintShape,
    ItemShape,
    OperatorShape,
    ProjectShape,
    QuietShape,
    RetentionShape,
    ScheduleShape,
    Shape,
    ShowShape,
    SoleReaderShape,
    TargetShape,
    WebhookShape,
    WhenShape,
)
from worker.domain.alert.ready_made import Against, Direction, ReadyMade
from worker.domain.alert.rule import Grouping, NoData, Severity
from worker.domain.schedule import CatchUp, Collect, Follow, OnUnknown, Send
from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.time.window import COMPARE_NAMES, WINDOW_NAMES
from worker.ports.channels import ChannelKind
from worker.ports.kinds import Option, Param, ParamKind, QuerySpec, SourceKind

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_TEXTS: Schema = {"anyOf": [{"type": "array", "items": _TEXT}, _TEXT]}
_SOME_TEXTS: Schema = {"anyOf": [{"type": "array", "minItems": 1, "items": _TEXT}, _TEXT]}
_KEYS: Schema = {"type": "object"}
_MAPPINGS = ("people", "subscriptions", "web")
"""Keys of a project with keys below them, which `check` knows better than a schema."""
_COUNT: Schema = {"type": "integer", "minimum": 1}
_SPAN: Schema = {
    "type": "object",
    "properties": {"start": _TEXT, "end": _TEXT},
    "required": ["start", "end"],
    "additionalProperties": False,
}


def _one_of(words: Iterable[str]) -> Schema:
    return {"enum": list(words)}


def _window(*more: str) -> Schema:
    return {"anyOf": [_one_of((*more, *WINDOW_NAMES)), {"type": "string", "pattern": "^last-[1-9][0-9]{0,3}d$"}, _SPAN]}


def schema(kinds: Registry) -> dict[str, Schema]:
    """Kind of file ("funnelbeat.yaml", "schedules/*.yaml") → its schema."""
    return {"funnelbeat.yaml": _project(kinds), "schedules/*.yaml": _schedule(kinds)}


def _project(kinds: Registry) -> Schema:
    fields = {
        "connections": _named(kinds.connections),
        "channels": _named(kinds.channels),
        "defaults": _object(
            DefaultsShape, {**_READER, "cap": _object(CapShape, {"messages": _COUNT}), "operator": _operator()}
        ),
        "heartbeat_url": {"anyOf": [_TEXT, _object(HeartbeatShape, {})]},
        "webhooks": {"type": "object", "additionalProperties": _object(WebhookShape, {"events": _SOME_TEXTS})},
    }
    fields["brand"] = _brand()
    # A target changes single keys of what stands above, so that nothing is required there.
    keys = dict.fromkeys(("connections", "channels", "defaults", *_MAPPINGS), _KEYS)
    one = _object(TargetShape, {**keys, "readers": _object(SoleReaderShape, {})})
    fields |= {**dict.fromkeys(_MAPPINGS, _KEYS), "shared_addresses": _TEXTS}
    fields["targets"] = {"type": "object", "additionalProperties": one}
    return {"$schema": _DRAFT, "title": "Funnelbeat project", **_object(ProjectShape, fields)}


def _brand() -> Schema:
    pair = _object(BrandPairShape, {})
    colours = _object(BrandColoursShape, {"light": pair, "dark": pair})
    return _object(BrandShape, {"colours": colours, "imprint": {"anyOf": [_TEXT, _object(ImprintShape, {})]}})


def _operator() -> Schema:
    one: Schema = {"anyOf": [_TEXT, _object(OperatorShape, {})]}
    return {"anyOf": [*one["anyOf"], {"type": "array", "items": one}]}


def _schedule(kinds: Registry) -> Schema:
    fields = {
        "tags": _TEXTS,
        "when": _object(WhenShape, {"catch_up": _one_of(CatchUp)}),
        "report": {"type": "array", "minItems": 1, "items": _item(kinds)},
        "digest": _object(DigestShape, _READER),
        "to": {"type": "array", "items": _object(EntryShape, _ENTRY)},
        "alerts": {"type": "array", "items": _alert()},
        "inhibit": {"type": "array", "items": _object(InhibitShape, {"equal": _TEXTS})},
        "paused": {"type": "boolean"},
        "retention": _object(RetentionShape, {}),
    }
    whole = _object(ScheduleShape, fields)
    required = whole.pop("required")
    # What a schedule lacks may stand in the file that it extends.
    rules = {
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": required, "properties": {"when": {"oneOf": _triggers()}}},
    }
    return {"$schema": _DRAFT, "title": "Funnelbeat schedule", **whole, **rules}


def _triggers() -> list[Schema]:
    """cron or every, with or without event; or event alone."""
    alone = {"required": ["event"], "not": {"anyOf": _either("cron", "every")}}
    return [*_either("cron", "every"), alone]


def _alert() -> Schema:
    entry: Schema = {"anyOf": [_TEXT, _object(EntryShape, _ENTRY)]}
    levels: Schema = {"type": "object", "properties": dict.fromkeys(Severity, _TEXT), "additionalProperties": False}
    fields: dict[str, Schema] = {
        "for_each": {"anyOf": [_TEXT, _object(GroupsShape, {})]},
        "severity": {"anyOf": [_one_of(Severity), levels]},
        "labels": {"type": "object", "additionalProperties": _TEXT},
        "group": _one_of(Grouping),
        "notify": {"anyOf": [*entry["anyOf"], {"type": "array", "minItems": 1, "items": entry}]},
        "resolved": {"type": "boolean"},
        "no_data": _one_of(NoData),
        "after": _COUNT,
        "rule": _one_of(ReadyMade),
        "direction": _one_of(Direction),
        "against": _one_of(Against),
    }
    return _object(AlertShape, fields) | {"oneOf": _either("for_each", "on"), "anyOf": _either("if", "rule")}


def _item(kinds: Registry) -> Schema:
    specs = _specs(kinds)
    columns = ["key", *(column.name for column in COLUMNS)]
    fields = {
        "query": _one_of(sorted(specs)),
        "window": _window(),
        "compare": _window("none", *COMPARE_NAMES),
        "params": {"type": "object"},
        "follow": _one_of(Follow),
        "follow_limit": {"type": "integer", "minimum": 1},
        "show": _object(
            ShowShape,
            {
                "limit": {"type": "integer", "minimum": 1},
                "order_by": _one_of(s + c for c in columns for s in ("", "-")),
                "tables": _SOME_TEXTS,
                "columns": _SOME_TEXTS,
            },
        ),
        "watch": _SOME_TEXTS,
        "ranges": _one_of(("as_written",)),
    }
    return _object(ItemShape, fields) | {"allOf": [_when_query(name, of) for name, of in specs.items()]}


def _specs(kinds: Registry) -> dict[str, list[QuerySpec]]:
    """Name → queries. Several services may have a query of one name, and a stand-in shares those of its service."""
    found: dict[str, list[QuerySpec]] = {}
    for kind in kinds.connections.values():
        for name, spec in kind.queries.items():
            known = found.setdefault(name, [])
            if all(spec is not one for one in known):
                known.append(spec)
    return found


def _when_query(name: str, specs: list[QuerySpec]) -> Schema:
    """The schema of `params:` depends on the query."""
    each = [_params(spec) for spec in specs]
    then = each[0] if len(each) == 1 else {"anyOf": each}
    return {"if": {"properties": {"query": {"const": name}}, "required": ["query"]}, "then": then}


def _params(spec: QuerySpec) -> Schema:
    params = {param.name: _param(param) for param in spec.params}
    required = [param.name for param in spec.params if param.required]
    return {
        "properties": {"params": {"properties": params, "required": required, "additionalProperties": False}},
        **({"required": ["params"]} if required else {}),
    }


def _param(param: Param) -> Schema:
    shown: Schema = {"description": param.note} if param.note else {}
    return shown | _KINDS.get(param.kind, _TEXT) | (_choices(param) if param.choices else {})


_KINDS: Mapping[ParamKind, Schema] = {
    ParamKind.INT: {"type": "integer"},
    ParamKind.BOOL: {"type": "boolean"},
    ParamKind.CHOICES: _TEXTS,
    ParamKind.RANGE: _SPAN,
    ParamKind.OBJECT: {"type": "object"},
    ParamKind.LIST: {"type": "array"},
}


def _choices(param: Param) -> Schema:
    """Unquoted true and false are booleans to an editor, but text to a service that expects these words."""
    words: list[Any] = [*param.choices, *(b for b in (True, False) if str(b).lower() in param.choices)]
    if param.kind is ParamKind.CHOICES:
        return {"anyOf": [{"type": "array", "items": {"enum": words}}, {"type": "string"}]}
    return {"enum": words}


def _named(types: Mapping[str, SourceKind] | Mapping[str, ChannelKind]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {"type": _one_of(sorted(types))},
            "required": ["type"],
            "allOf": [_when_type(kind) for kind in types.values()],
        },
    }


def _when_type(kind: SourceKind | ChannelKind) -> Schema:
    properties: Schema = {o.name: _option(o) for o in kind.options}
    then: Schema = {
        "properties": {"type": True, **properties},
        "required": [option.name for option in kind.options if option.required],
        "additionalProperties": False,
    }
    groups = [{"oneOf": _either(*group)} for group in kind.one_of]
    return {
        "if": {"properties": {"type": {"const": kind.type}}, "required": ["type"]},
        "then": then | ({"allOf": groups} if groups else {}),
    }


def _option(option: Option) -> Schema:
    described: Schema = {"description": option.note} if option.note else {}
    if not option.group:
        return _TEXT | described
    inside: Schema = {one.name: _option(one) for one in option.group}
    needed = [one.name for one in option.group if one.required]
    required: Schema = {"required": needed} if needed else {}
    return {"type": "object", "properties": inside, "additionalProperties": False} | required | described


def _either(*names: str) -> list[Schema]:
    return [{"required": [name]} for name in names]


def _object(shape: type[Shape], fields: Mapping[str, Schema]) -> Schema:
    """`fields`: keys with other schemas than text."""
    return {
        "type": "object",
        "properties": {
            name: {"description": info.description or "", **fields.get(name, _TEXT)}
            for name, info in shape.keys().items()
        },
        "required": [name for name, info in shape.keys().items() if info.is_required()],
        "additionalProperties": False,
    }


_READER: Mapping[str, Schema] = {
    "send": _one_of(Send),
    "on_unknown": _one_of(OnUnknown),
    "attach": _TEXTS,
    "quiet_hours": {"anyOf": [_object(QuietShape, {"days": _SOME_TEXTS}), _one_of(("none",))]},
    "skip_if_empty": {"type": "boolean"},
    "days": _SOME_TEXTS,
    "collect": _one_of(Collect),
    "cap": _one_of(("none",)),
    "reply_to": _SOME_TEXTS,
}
_ENTRY: Mapping[str, Schema] = {**_READER, "address": _SOME_TEXTS, "cc": _SOME_TEXTS}
