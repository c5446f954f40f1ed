"""Checks the options of a connection or channel against its type. No value is quoted, because it may be a secret."""

from collections.abc import Mapping
from typing import Any

from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.secrets import references, unescaped
from worker.adapters.definitions.words import advice, listed, shape
from worker.adapters.url import base_url
from worker.ports.channels import ChannelKind
from worker.ports.kinds import TLS, Option, SourceKind, without_tls

ADDRESSES = ("base_url", "oauth_url")
"""Options of a connection that are addresses of an HTTP API."""


def options(sheet: Sheet, path: Path, given: Mapping[str, Any], kind: SourceKind | ChannelKind) -> dict[str, str]:
    """The options as written, with references. Options with a complaint are left out."""
    known = {option.name: option for option in kind.options}
    values: dict[str, str] = {}
    for name, value in given.items():
        if name == "type":
            continue
        if name not in known:
            found = f"`{name}`, which `type: {kind.type}` does not have"
            sheet.complain((*path, name), found, advice(name, known), key=True)
        elif known[name].group:
            values |= _group(sheet, (*path, name), known[name], value, kind)
        elif _is_sound(sheet, (*path, name), known[name], value, kind, plain=without_tls(given)):
            values[name] = str(value)
    if TLS.name in known:
        _check_tls(sheet, path, values)
    _complete(sheet, path, given, kind)
    return values


def _group(sheet: Sheet, path: Path, option: Option, given: Any, kind: SourceKind | ChannelKind) -> dict[str, str]:
    """The options below a key, each named "<key>.<option>"."""
    known = {one.name: one for one in option.group}
    if not isinstance(given, dict) or not given:
        expected = f"write keys below it: {listed(known, 'and')}"
        sheet.complain(path, f"`{option.name}` with {'nothing' if not given else shape(given)}", expected)
        return {}
    values: dict[str, str] = {}
    for name, value in given.items():
        if name not in known:
            found = f"`{name}`, which `{option.name}` does not have"
            sheet.complain((*path, name), found, advice(name, known), key=True)
        elif _is_sound(sheet, (*path, name), known[name], value, kind, plain=False):
            values[f"{option.name}.{name}"] = str(value)
    for name in [one.name for one in option.group if one.required and one.name not in given]:
        sheet.complain(path, f"`{option.name}` without `{name}`", f"write `{name}` too", key=True)
    return values


def _is_sound(
    sheet: Sheet, path: Path, option: Option, value: Any, kind: SourceKind | ChannelKind, *, plain: bool
) -> bool:
    """`plain`: base_url may be http:// to another machine."""
    if not isinstance(value, str) or not value.strip():
        found = "nothing" if value is None or isinstance(value, str) else shape(value)
        sheet.complain(path, f"`{option.name}` with {found}", "write text")
        return False
    try:
        if not option.secret:
            written = unescaped(value)
            if option.name in ADDRESSES and isinstance(kind, SourceKind):
                # It stays among the options, so that options that need it cause no further complaint.
                _check_address(sheet, path, option, written, plain=plain and option.name == ADDRESSES[0])
    except ValueError as error:
        sheet.complain(path, f"`{option.name}` with a reference, and this is no secret option", str(error))
        return False
    return not option.secret or is_secret(sheet, path, value)


def is_secret(sheet: Sheet, path: Path, value: str) -> bool:
    """Whether the text of a secret option can be read. Warns of one that is the secret itself."""
    name = path[-1]
    try:
        if not references(value):
            expected = f'keep it out of the file: write "${{{str(name).upper()}}}" and set that variable'
            sheet.warn(path, f"`{name}` with the secret itself", expected)
    except ValueError as error:
        sheet.complain(path, f"`{name}` with a reference that is malformed", str(error))
        return False
    return True


def _check_tls(sheet: Sheet, path: Path, given: Mapping[str, str]) -> None:
    """Warns of `tls: never`, the only way to send a key unencrypted, and complains of other values."""
    tls = given.get(TLS.name)
    if tls is None:
        return
    at, address = (*path, TLS.name), given.get(ADDRESSES[0], "")
    if tls != "never":
        sheet.complain(
            at, "`tls` with another value than never", "write `tls: never`, or leave it out: then TLS is needed"
        )
    elif not address.lower().startswith("http://"):
        sheet.complain(
            at, "`tls: never` that changes nothing", "leave it out: it is for a base_url that begins with http://"
        )
    else:
        found = "`tls: never`: key or password and every answer travel unencrypted"
        sheet.warn(at, found, "keep it within a network that nobody else can listen to")


def _check_address(sheet: Sheet, path: Path, option: Option, value: str, *, plain: bool) -> None:
    """Checks an API's address with the same function as when it is opened."""
    try:
        base_url(value, without_tls=plain)
    except ValueError as error:
        found, _, expected = str(error).removeprefix("found ").partition(", expected ")
        found, _, escaped = found.partition("; ")
        sheet.complain(path, f"`{option.name}` with {found}", escaped or f"write {expected}")


def _complete(sheet: Sheet, path: Path, given: Mapping[str, Any], kind: SourceKind | ChannelKind) -> None:
    for option in kind.options:
        if option.required and option.name not in given:
            sheet.complain(path, f"`type: {kind.type}` without `{option.name}`", f"write `{option.name}: …`", key=True)
    for group in kind.one_of:
        here = [name for name in group if name in given]
        if not here:
            expected = f"write exactly one of {listed(group, 'and')}"
            sheet.complain(path, f"`type: {kind.type}` with none of {listed(group)}", expected, key=True)
        elif len(here) > 1:
            sheet.complain((*path, here[1]), f"{listed([f'`{n}`' for n in here], 'and')}", "keep one of them", key=True)
