"""The keys of funnelbeat.yaml about all readers: which addresses subscriptions may reach, and where readers find their
pages.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from worker.adapters.definitions.model import ProjectShape, SubscriptionsShape, WebShape
from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.words import described, listed
from worker.adapters.smtp.addresses import ascii_address
from worker.adapters.url import base_url
from worker.domain.subscription import is_allowed, pattern_of, written_pattern
from worker.errors import what_to_write

_SHOWN = 8
"""Patterns that a sentence writes out."""

_CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}:\S{1,320}")


@dataclass(frozen=True, slots=True)
class ReaderRules:
    """The fields of Bundle with the same names. `allow` is empty if `subscriptions.allow` is not written."""

    allow: tuple[str, ...] = ()
    shared_addresses: tuple[str, ...] = ()
    web: str = ""
    console: bool = False


NO_RULES = ReaderRules()


def reader_rules(sheet: Sheet, shaped: ProjectShape) -> ReaderRules:
    piece = read(WebShape, shaped.web, sheet, ("web",)).piece if shaped.web else None
    web = "" if piece is None else _web(sheet, piece)
    return ReaderRules(_allow(sheet, shaped), _shared(sheet, shaped), web, console=piece is not None and piece.console)


def _allow(sheet: Sheet, shaped: ProjectShape) -> tuple[str, ...]:
    if not shaped.subscriptions:
        return ()
    piece = read(SubscriptionsShape, shaped.subscriptions, sheet, ("subscriptions",)).piece
    patterns = piece.allow if piece is not None else ()
    for index, pattern in enumerate(patterns):
        if not _is_pattern(pattern):
            expected = 'write a domain (acme.example), an address, or a channel with a pattern ("slack:*")'
            sheet.complain(("subscriptions", "allow", index), f"`allow` with {described(pattern)}", expected)
    return tuple(written_pattern(pattern) for pattern in patterns)


def _is_pattern(pattern: str) -> bool:
    """A domain is checked as that of an address, so that both accept the same."""
    if ":" in pattern:
        return _CHANNEL.fullmatch(pattern) is not None
    try:
        ascii_address(pattern if "@" in pattern else f"anybody@{pattern}")
    except ValueError:
        return False
    return True


def _shared(sheet: Sheet, shaped: ProjectShape) -> tuple[str, ...]:
    found = []
    for index, address in enumerate(shaped.shared_addresses):
        try:
            found.append(ascii_address(address.strip()))
        except ValueError as error:
            at: Path = ("shared_addresses", index)
            sheet.complain(at, f"`shared_addresses` with {described(address)}", what_to_write(error))
    return tuple(found)


def _web(sheet: Sheet, piece: WebShape) -> str:
    """The links in messages work for months, so that their address is checked here."""
    at: Path = ("web", "base_url")
    try:
        found = base_url(piece.base_url)
    except ValueError as error:
        sheet.complain(at, f"`base_url` with {described(piece.base_url)}", str(error))
        return ""
    if not found.isascii() or len(found) > 200 or urlsplit(found).hostname is None:
        sheet.complain(at, f"`base_url` with {described(piece.base_url)}", "write at most 200 characters of ASCII")
    return found


def refusal(allow: tuple[str, ...], channel: str, address: str) -> tuple[str, str] | None:
    """Why `subscriptions.allow` does not allow an address; None if it does."""
    if is_allowed(allow, channel, address):
        return None
    found = f"{address}, which `subscriptions.allow` of funnelbeat.yaml does not let pass"
    return found, "add its domain there, or write another address"


def refusal_by_default(allow: tuple[str, ...], channel: str, address: str) -> tuple[str, str] | None:
    """The same where nothing is written: `allow` is what the definitions name. Once it is written it counts for them
    too, so all of it belongs there.
    """
    if is_allowed(allow, channel, address):
        return None
    only = (
        f"only what schedules and `people` name is allowed ({listed(allow, 'and')})" if allow else "nothing is allowed"
    )
    found = f"{address}: funnelbeat.yaml has no `subscriptions.allow`, so {only}"
    shown = allow if len(allow) <= _SHOWN else ("…",)
    return found, f"write `subscriptions: {{allow: [{', '.join((*shown, pattern_of(channel, address)))}]}}` there"
