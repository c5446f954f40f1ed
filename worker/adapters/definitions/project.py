"""Reads funnelbeat.yaml: the project's name, connections, channels and defaults."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from worker.adapters.definitions.brand import brand
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.model import CapShape, DefaultsShape, ProjectShape
from worker.adapters.definitions.operators import operator
from worker.adapters.definitions.options import options
from worker.adapters.definitions.outgoing import outgoing
from worker.adapters.definitions.people import people, warn_of_two_accounts
from worker.adapters.definitions.place import Path, Sheet, parsed
from worker.adapters.definitions.quiet_hours import quiet_hours
from worker.adapters.definitions.readers_of_project import NO_RULES, ReaderRules, reader_rules
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.times import day_of_year, locale, seconds, weekday, zone
from worker.adapters.definitions.words import advice, described, listed, shape
from worker.adapters.definitions.zone_words import zone_warning
from worker.domain.brand import NO_BRAND, Brand
from worker.domain.cap import Cap
from worker.domain.outgoing import Outgoing
from worker.domain.quiet import QuietHours
from worker.domain.schedule import ChannelSpec, Connection, Defaults, OnUnknown, Person, Send, Thread
from worker.ports.channels import ChannelKind
from worker.ports.kinds import SourceKind

_PROJECT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

K = TypeVar("K", SourceKind, ChannelKind)


@dataclass(frozen=True, slots=True)
class ForEntries:
    """Defaults for entries of `to:`, apart from zone and locale."""

    template: str = "pipeline"
    send: Send = Send.ALWAYS
    on_unknown: OnUnknown = OnUnknown.RESEND
    quiet_hours: QuietHours | None = None
    skip_if_empty: bool = False
    thread: Thread = Thread.RUN


@dataclass(frozen=True, slots=True)
class Project:
    """What schedules refer to.

    `connection_names` and `channel_names` include broken ones, so that their errors are not reported again wherever
    they are used. None: the file could not be read, so any name is accepted.
    """

    name: str = ""
    connections: Mapping[str, Connection] = field(default_factory=dict)
    channels: Mapping[str, ChannelSpec] = field(default_factory=dict)
    defaults: Defaults = field(default_factory=Defaults)
    for_entries: ForEntries = ForEntries()
    connection_names: frozenset[str] | None = None
    channel_names: frozenset[str] | None = None
    people: Mapping[str, Person] = field(default_factory=dict)
    rules: ReaderRules = NO_RULES
    outgoing: Outgoing = field(default_factory=Outgoing)
    brand: Brand = NO_BRAND


def project(sheet: Sheet, kinds: Registry) -> Project:
    """What could be read. Errors have been complained about."""
    shaped = read(ProjectShape, sheet.document.value, sheet, ()).piece
    if shaped is None:
        return _names_only(sheet.document.value)
    if not _PROJECT.fullmatch(shaped.project):
        expected = "write lower-case letters, digits and hyphens, at most 63"
        sheet.complain(("project",), f"`project` with {described(shaped.project)}", expected)
    defaults_given, defaults, for_entries = _defaults(sheet, shaped, kinds)
    connections = _typed(sheet, "connections", shaped.connections, kinds.connections, kinds)
    channels = _typed(sheet, "channels", shaped.channels, kinds.channels, kinds)
    allowed = {
        name: Connection(name, k.type, given)
        for name, (k, given) in connections.items()
        if _allowed(sheet, ("connections", name), k, given)
    }
    specs = {name: ChannelSpec(name, k.type, given) for name, (k, given) in channels.items()}
    known = people(sheet, shaped.people, specs, frozenset(shaped.connections), kinds)
    warn_of_two_accounts(sheet, known, allowed)
    told = operator(sheet, defaults_given.operator, frozenset(shaped.channels), specs, kinds)
    return Project(
        shaped.project,
        allowed,
        {
            name: ChannelSpec(name, k.type, given, k.look_every(given))
            for name, (k, given) in channels.items()
            if _allowed(sheet, ("channels", name), k, given)
        },
        replace(defaults, operator=told),
        for_entries,
        frozenset(shaped.connections),
        frozenset(shaped.channels),
        known,
        reader_rules(sheet, shaped),
        outgoing(sheet, shaped, NAME),
        brand(sheet, shaped.brand),
    )


def _names_only(value: Any) -> Project:
    """Reads only the names of connections and channels from a file without a valid name."""
    if not isinstance(value, dict):
        return Project()
    connections, channels = value.get("connections", {}), value.get("channels", {})
    return Project(
        connection_names=frozenset(connections) if isinstance(connections, dict) else None,
        channel_names=frozenset(channels) if isinstance(channels, dict) else None,
    )


def _typed(
    sheet: Sheet, section: str, given: Mapping[str, Any], known: Mapping[str, K], kinds: Registry
) -> dict[str, tuple[K, dict[str, str]]]:
    """Name → type and options, for those with a known type."""
    found: dict[str, tuple[K, dict[str, str]]] = {}
    for name, value in given.items():
        path = (section, name)
        if not NAME.fullmatch(name):
            sheet.complain(path, f"the name {described(name)}", "use letters, digits, - and _, at most 64", key=True)
        kind = _kind(sheet, path, value, known, kinds)
        if kind is not None:
            found[name] = (kind, options(sheet, path, value, kind))
    return found


def _kind(sheet: Sheet, path: Path, value: Any, known: Mapping[str, K], kinds: Registry) -> K | None:
    one = str(path[0]).removesuffix("s")
    if not isinstance(value, dict):
        sheet.complain(path, f"{shape(value)} in place of a {one}", "write keys below it, `type: …` first")
        return None
    type_name = value.get("type")
    instead = f"write {listed(sorted(known))}"
    if "type" not in value:
        sheet.complain(path, f"a {one} without `type`", f"write `type:` and {listed(sorted(known))}", key=True)
    elif not isinstance(type_name, str):
        sheet.complain((*path, "type"), f"`type` with {shape(type_name)}", instead)
    elif type_name in kinds.unsupported:
        sheet.complain((*path, "type"), f"`type: {type_name}`: {kinds.unsupported[type_name]}", instead)
    elif type_name not in known:
        sheet.complain(
            (*path, "type"), f"`type` with {described(type_name)}, which is no {one}", advice(type_name, known)
        )
    else:
        return known[type_name]
    return None


def _allowed(sheet: Sheet, path: Path, kind: SourceKind | ChannelKind, given: Mapping[str, str]) -> bool:
    faults = kind.faults(given)
    for fault in faults:
        sheet.complain((*path, *fault.path), fault.found, fault.expected, key=True)
    return not faults


def _defaults(sheet: Sheet, shaped: ProjectShape, kinds: Registry) -> tuple[DefaultsShape, Defaults, ForEntries]:
    """As they are written; and without the operator, who is reached through channels."""
    if not shaped.defaults and not shaped.fiscal_year_start:
        return DefaultsShape(), Defaults(), ForEntries()
    given = read(DefaultsShape, shaped.defaults, sheet, ("defaults",)).piece or DefaultsShape()
    if given.fiscal_year_start and shaped.fiscal_year_start:
        sheet.complain(
            ("fiscal_year_start",), "`fiscal_year_start` here and in `defaults`", "keep one of them", key=True
        )
    base = Defaults()
    top: Path = ("fiscal_year_start",)
    below: Path = ("defaults", "fiscal_year_start")
    fiscal = given.fiscal_year_start or shaped.fiscal_year_start
    defaults = Defaults(
        zone_at(sheet, ("defaults", "timezone"), given.timezone, base.timezone),
        parsed(sheet, ("defaults", "locale"), given.locale, locale, base.locale),
        parsed(sheet, ("defaults", "week_start"), given.week_start, weekday, base.week_start),
        parsed(sheet, below if given.fiscal_year_start else top, fiscal, day_of_year, base.fiscal_year_start),
        cap=_cap(sheet, given.cap),
    )
    fallback = ForEntries()
    return (
        given,
        defaults,
        ForEntries(
            given.template or fallback.template,
            given.send or fallback.send,
            given.on_unknown or fallback.on_unknown,
            quiet_hours(sheet, ("defaults",), given.quiet_hours, None, kinds, defaults.timezone),
            bool(given.skip_if_empty),
            given.thread or fallback.thread,
        ),
    )


def _cap(sheet: Sheet, value: dict[str, Any] | None) -> Cap | None:
    piece = None if value is None else read(CapShape, value, sheet, ("defaults", "cap")).piece
    if piece is None:
        return None
    return Cap(piece.messages, parsed(sheet, ("defaults", "cap", "per"), piece.per, seconds, 1))


def zone_at(sheet: Sheet, path: Path, text: str, default: str) -> str:
    """As `parsed`, for a time zone. Warns of a zone that is no place."""
    found = parsed(sheet, path, text, zone, default)
    warning = zone_warning(text)
    if warning is not None:
        sheet.warn(path, *warning)
    return found
