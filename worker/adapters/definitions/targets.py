"""`targets:` of funnelbeat.yaml: what differs if a target such as dev is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from worker.adapters.definitions.extends import Merged, merged
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.model import SoleReaderShape, TargetShape
from worker.adapters.definitions.place import Document, Path, Sheet
from worker.adapters.definitions.project import NAME, Project
from worker.adapters.definitions.readers_of_project import refusal
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.target_names import KEY, TARGET, targets_of
from worker.adapters.definitions.words import advice, described, listed, shape
from worker.domain.operators import Operator
from worker.domain.schedule import Schedule, Subscription
from worker.errors import what_to_write

READERS = "readers"

_CALLED = ("heartbeat_url", "webhooks")
"""URLs that are called. A target with `readers` calls only its own."""


@dataclass(frozen=True, slots=True)
class SoleReader:
    """Who gets every message of a target, in place of all readers."""

    channel: str
    address: str | None


def targeted(sheet: Sheet, name: str, kinds: Registry) -> Sheet:
    """The sheet as the target `name` has it; "" for none. Complains of what no target may hold, of each of them."""
    value = sheet.document.value
    if not isinstance(value, dict):
        return sheet
    if KEY in value and not isinstance(value[KEY], dict):
        sheet.complain((KEY,), f"`{KEY}` with {shape(value[KEY])}", "write a name below it, and keys below that")
    known = targets_of(value)
    for one, keys in known.items():
        _check(sheet, one, keys)
    if name and name not in known:
        found = f"no target `{name}`, which {TARGET} or --target names"
        sheet.complain((KEY,), found, advice(name, known) if known else f"write it below `{KEY}`", key=True)
    own = _chosen(sheet.document, name) if isinstance(known.get(name), dict) else None
    alone = own is not None and READERS in known[name]
    base = _without(sheet.document, KEY, *(_CALLED if alone else ()))
    base = _apart(base, kinds) if alone else base
    found_keys = base if own is None else merged(_replaced(base, own), own)
    return Sheet(Document(sheet.document.path, found_keys.value, found_keys.spots), sheet.findings)


def sole_reader(sheet: Sheet, name: str, made: Project, kinds: Registry) -> SoleReader | None:
    """`readers` of the chosen target, None if it has none, and after a complaint. `sheet`: as the file is written."""
    keys = targets_of(sheet.document.value).get(name)
    if not isinstance(keys, dict) or READERS not in keys:
        return None
    path: Path = (KEY, name, READERS)
    if keys.get("project") in (None, "", sheet.document.value.get("project")):
        found = f"`{READERS}` of a target that has no `project` of its own"
        expected = "write `project:` beside it: otherwise a deployment of this target is the one that everybody reads"
        sheet.complain(path, found, expected, key=True)
    piece = read(SoleReaderShape, keys[READERS], sheet, path).piece
    spec = made.channels.get(piece.channel) if piece is not None else None
    if piece is None or spec is None:
        if piece is not None and piece.channel not in (made.channel_names or {piece.channel}):
            found = f"`channel` with {described(piece.channel)}, which is no channel"
            sheet.complain((*path, "channel"), found, f"write {listed(sorted(made.channels))}")
        return None
    kind = kinds.channels[spec.type]
    if not kind.needs_address(spec.options):
        return SoleReader(piece.channel, None)
    try:
        address = kind.address(piece.address)
    except ValueError as error:
        sheet.complain((*path, "address"), f"`address` with {described(piece.address)}", what_to_write(error))
        return None
    wrong = refusal(made.rules.allow, piece.channel, address) if made.rules.allow else None
    if wrong is not None:
        sheet.complain((*path, "address"), *wrong)
    return SoleReader(piece.channel, address)


def for_sole_reader(schedules: Mapping[str, Schedule], reader: SoleReader) -> dict[str, Schedule]:
    """Every entry keeps its id and what it shows, and is sent to one reader."""
    return {
        name: replace(one, to=_entries(one.to, reader), notify=_entries(one.notify, reader))
        for name, one in schedules.items()
    }


def operator_of(reader: SoleReader) -> Operator:
    return Operator(reader.address, reader.channel)


def _entries(entries: tuple[Subscription, ...], reader: SoleReader) -> tuple[Subscription, ...]:
    return tuple(
        replace(one, channel=reader.channel, address=reader.address, each=None, unassigned=None, cc=())
        for one in entries
    )


def _check(sheet: Sheet, name: str, keys: Any) -> None:
    path: Path = (KEY, name)
    if not NAME.fullmatch(name):
        sheet.complain(path, f"the name {described(name)}", "use letters, digits, - and _, at most 64", key=True)
    read(TargetShape, keys, sheet, path)


def _without(document: Document, *keys: str) -> Merged:
    value = {name: inner for name, inner in document.value.items() if name not in keys}
    return Merged(value, {path: spot for path, spot in document.spots.items() if path[:1] not in {(k,) for k in keys}})


def _apart(base: Merged, kinds: Registry) -> Merged:
    """Without the incoming messages of the channels: otherwise a test would read the mailbox of the real readers'
    bounces, and handle their clicks and commands.
    """
    channels = base.value.get("channels")
    if not isinstance(channels, dict):
        return base
    gone = {
        ("channels", name, option.name)
        for name, keys in channels.items()
        if isinstance(keys, dict) and isinstance(keys.get("type"), str) and keys["type"] in kinds.channels
        for option in kinds.channels[keys["type"]].options
        if option.inbound
    }
    left = {
        name: {key: inner for key, inner in keys.items() if ("channels", name, key) not in gone}
        if isinstance(keys, dict)
        else keys
        for name, keys in channels.items()
    }
    spots = {path: spot for path, spot in base.spots.items() if path[:3] not in gone}
    return Merged({**base.value, "channels": left}, spots)


def _chosen(document: Document, name: str) -> Merged:
    value = {key: inner for key, inner in document.value[KEY][name].items() if key != READERS}
    spots = {path[2:]: spot for path, spot in document.spots.items() if path[:2] == (KEY, name)}
    top = document.spots.get((), next(iter(document.spots.values())))
    return Merged(value, {**{path: spot for path, spot in spots.items() if path[:1] != (READERS,)}, (): top})


def _replaced(base: Merged, own: Merged) -> Merged:
    """A connection or channel for which the target writes a `type` is another one: no option of the old one stays."""
    value, spots = dict(base.value), dict(base.spots)
    for section in ("connections", "channels"):
        given = own.value.get(section)
        if not isinstance(given, dict) or not isinstance(value.get(section), dict):
            continue
        others = {name for name, keys in given.items() if isinstance(keys, dict) and "type" in keys}
        value[section] = {name: keys for name, keys in value[section].items() if name not in others}
        gone = {(section, name) for name in others}
        spots = {path: spot for path, spot in spots.items() if path[:2] not in gone}
    return Merged(value, spots)
