"""`people:` of the project and `each:` of an entry: who owns rows, and the address of each owner."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.model import EachShape, EntryShape
from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.times import locale
from worker.adapters.definitions.words import advice, described, listed, shape
from worker.domain.access import TokenScope
from worker.domain.people import owner_named, person_of
from worker.domain.schedule import ChannelSpec, Connection, Each, Person
from worker.errors import what_to_write
from worker.ports.channels import ChannelKind

MANAGER, MAY, LOCALE = "manager", "may", "locale"
NO_ADDRESS = (MANAGER, MAY, LOCALE)
"""Keys of a person beside the addresses."""

KEY = 2
"""The length of the path of an owner's key."""

_MAIL = "owner@acme.example"


def people(
    sheet: Sheet,
    written: Mapping[str, Any],
    channels: Mapping[str, ChannelSpec],
    connections: Collection[str],
    kinds: Registry,
) -> dict[str, Person]:
    """By owner's id, as CONNECTION/ID where it is one of that connection only. Errors have been complained about."""
    found = {}
    for owner, value in written.items():
        path = ("people", owner)
        _check_connection(sheet, path, str(owner), connections)
        if not isinstance(value, dict) or not all(isinstance(one, str) for key, one in value.items() if key != MAY):
            expected = "write addresses by channel, such as `{email: anna@acme.example, slack: U0123456789}`"
            sheet.complain(path, f"`{owner}` with {shape(value)}", expected)
            continue
        addresses = dict[str, str]()
        for word, text in value.items():
            kind = _kind(word, channels, kinds)
            if word in NO_ADDRESS:
                continue
            if kind is None:
                known = [*channels, *kinds.channels, *NO_ADDRESS]
                sheet.complain((*path, word), f"`{word}`, which is no channel", advice(word, known), key=True)
                continue
            try:
                addresses[str(word)] = kind.address(text)
            except ValueError as error:
                sheet.complain((*path, word), f"`{word}` with {described(text)}", what_to_write(error))
        if MANAGER in value:
            _check_connection(sheet, (*path, MANAGER), value[MANAGER], connections)
        reports_to = str(value[MANAGER]) if MANAGER in value else None
        spoken = _locale(sheet, (*path, LOCALE), value.get(LOCALE, ""))
        found[str(owner)] = Person(addresses, reports_to, _may(sheet, (*path, MAY), value.get(MAY, [])), spoken)
    for owner, person in found.items():
        manager = person_of(found, owner_named(person.manager or owner, owner.partition("/")[0], connections))
        if manager is None or (person.manager and not manager.addresses):
            expected = (
                "give this manager an address here: a service provides only the addresses of owners of listed deals"
            )
            sheet.warn(("people", owner, MANAGER), f'`{MANAGER}` with "{person.manager}"', expected)
    return found


def _may(sheet: Sheet, path: Path, written: Any) -> tuple[TokenScope, ...]:
    scopes = [written] if isinstance(written, str) else written
    if not isinstance(scopes, list) or not all(isinstance(one, str) for one in scopes):
        sheet.complain(path, f"`{MAY}` with {shape(written)}", f"write a list of {listed(TokenScope)}")
        return ()
    for one in scopes:
        if one not in set(TokenScope):
            sheet.complain(path, f"`{MAY}` with {described(one)}", advice(one, TokenScope))
    return tuple(scope for scope in TokenScope if scope in scopes)


def _locale(sheet: Sheet, path: Path, written: str) -> str:
    try:
        return locale(str(written)) if written else ""
    except ValueError as error:
        sheet.complain(path, f"`{LOCALE}` with {described(written)}", str(error))
        return ""


def _check_connection(sheet: Sheet, path: Path, owner: str, connections: Collection[str]) -> None:
    """Of an owner written as CONNECTION/ID."""
    name, slash, of_owner = owner.partition("/")
    if slash and name not in connections:
        found = f"`{owner}`, where `{name}` is no connection"
        sheet.complain(path, found, advice(name, connections), key=len(path) == KEY)
    elif slash and not of_owner:
        sheet.complain(path, f"`{owner}` without an owner's id", f"write `{name}/ID`", key=len(path) == KEY)


def warn_of_two_accounts(sheet: Sheet, known: Mapping[str, Person], connections: Mapping[str, Connection]) -> None:
    """Warns if a service numbers its users, because the same number is another person in another account."""
    for kind, count in Counter(one.type for one in connections.values()).items():
        for owner in known if count > 1 else ():
            if owner.isdecimal():
                expected = (
                    f"write CONNECTION/{owner}: it may be another person's in another of the {count} connections "
                    f"of type {kind}"
                )
                sheet.warn(("people", owner), f"`{owner}`, a number that each account has", expected, key=True)


def each_of(sheet: Sheet, path: Path, piece: EntryShape, kind: ChannelKind | None, *, lists: bool) -> Each | None:
    """Whom an entry without an address reaches. None also after a complaint."""
    if not piece.has("each"):
        if piece.unassigned:
            sheet.complain((*path, "unassigned"), "`unassigned` without `each`", "write `each: owner`", key=True)
        return None
    each = _read(sheet, (*path, "each"), piece.each)
    if not lists:
        sheet.complain((*path, "each"), "`each` in a schedule that lists no deals", "leave it out", key=True)
    if piece.address:
        sheet.complain((*path, "address"), "`address` beside `each`", "keep one of the two", key=True)
    if piece.unassigned and kind is not None:
        try:
            kind.address(piece.unassigned)
        except ValueError as error:
            sheet.complain(
                (*path, "unassigned"), f"`unassigned` with {described(piece.unassigned)}", what_to_write(error)
            )
    return each


def refuse_unreachable(
    sheet: Sheet, path: Path, piece: EntryShape, kind: ChannelKind, known: Mapping[str, Person]
) -> None:
    """Services provide mail addresses. A channel for other addresses reaches only the people in `people`."""
    if not (takes(kind, _MAIL) or any(takes(kind, a) for person in known.values() for a in person.addresses.values())):
        found = f"`each` through `{piece.channel}`, which takes no mail address"
        sheet.complain(
            (*path, "each"), found, "write `people:` into funnelbeat.yaml, with an address for each", key=True
        )


def takes(kind: ChannelKind, text: str) -> bool:
    try:
        return bool(kind.address(text))
    except ValueError:
        return False


def _read(sheet: Sheet, path: Path, value: Any) -> Each | None:
    if value == "owner":
        return Each.OWNER
    if not isinstance(value, dict):
        expected = "write owner, or `{by: owner, manager: people}`"
        sheet.complain(path, f"`each` with {described(value)}", expected)
        return None
    piece = read(EachShape, value, sheet, path).piece
    for name, word in (("by", "owner"), ("manager", "people")) if piece is not None else ():
        if getattr(piece, name) != word:
            sheet.complain((*path, name), f"`{name}` with {described(getattr(piece, name))}", f"write {word}")
    return Each.MANAGER


def _kind(word: str, channels: Mapping[str, ChannelSpec], kinds: Registry) -> ChannelKind | None:
    """A channel's own name takes precedence over a type of channel."""
    return kinds.channels.get(channels[word].type if word in channels else word)
