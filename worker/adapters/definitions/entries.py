"""The entries of `to:`. Each falls back on the digest, and the digest on the project's defaults."""

import re
from dataclasses import dataclass
from typing import Any

from worker.adapters.definitions.alert_expressions import checked
from worker.adapters.definitions.alert_forms import OPPORTUNITY
from worker.adapters.definitions.items import LoadContext, Report
from worker.adapters.definitions.model import DigestShape, EntryShape, ReaderShape
from worker.adapters.definitions.people import each_of, refuse_unreachable
from worker.adapters.definitions.place import Path, Sheet, parsed
from worker.adapters.definitions.project import zone_at
from worker.adapters.definitions.quiet_hours import days_of, quiet_hours
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.times import locale
from worker.adapters.definitions.words import advice, described, shape
from worker.domain.expression import Variable
from worker.domain.quiet import EVERY_DAY, QuietHours
from worker.domain.schedule import Collect, Each, Subscription, Thread
from worker.ports.channels import ChannelKind

_TEMPLATE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ID = re.compile(r"[^\s|/]{1,320}")
_OPERATOR, _NOTIFICATION = "operator", "alert:"
NO_CAP = "none"
ROW = Variable(OPPORTUNITY)
"""What a condition on a deal may name."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """The digest's values for its entries. `zone` is that of the schedule if the digest has none."""

    digest: DigestShape
    locale: str
    zone: str
    queries: frozenset[str]
    lists: bool
    quiet_hours: QuietHours | None
    days: tuple[int, ...] = EVERY_DAY


def fallback(context: LoadContext, digest: DigestShape, asked: Report) -> Fallback:
    """Raises nothing: what is wrong with the digest is complained of here, once for all entries."""
    sheet, path, queries = context.sheet, ("digest",), frozenset(asked.names)
    _check_reader(sheet, path, digest, queries)
    lists = len(asked.specs) < len(queries) or any(spec.lists_opportunities for spec in asked.specs.values())
    _check_rows(context, path, digest, lists=lists)
    project, own_zone = context.project, zone_at(sheet, (*path, "timezone"), digest.timezone, context.zone)
    quiet = quiet_hours(sheet, path, digest.quiet_hours, project.for_entries.quiet_hours, context.kinds, own_zone)
    _check_cap(sheet, path, digest)
    return Fallback(
        digest,
        parsed(sheet, (*path, "locale"), digest.locale, locale, project.defaults.locale),
        own_zone,
        queries,
        lists,
        quiet,
        days_of(sheet, path, digest.days, EVERY_DAY, quiet, context.kinds),
    )


def entries(context: LoadContext, values: list[Any], below: Fallback) -> tuple[Subscription, ...]:
    made = [(i, one) for i, value in enumerate(values) if (one := entry(context, ("to", i), value, below))]
    _refuse_twins(context.sheet, made)
    _warn_twice_reached(context.sheet, made)
    return tuple(one for _, one in made)


def entry(context: LoadContext, path: Path, value: Any, below: Fallback) -> Subscription | None:
    sheet = context.sheet
    before = sheet.count
    shaped = read(EntryShape, value, sheet, path)
    piece = shaped.piece
    if piece is None:
        return None
    _check_reader(sheet, path, piece, below.queries)
    _check_rows(context, path, piece, lists=below.lists)
    own_locale = parsed(sheet, (*path, "locale"), piece.locale, locale, below.locale)
    own_zone = zone_at(sheet, (*path, "timezone"), piece.timezone, below.zone)
    each = _each(context, path, piece, lists=below.lists)
    quiet = quiet_hours(sheet, path, piece.quiet_hours, below.quiet_hours, context.kinds, own_zone)
    days = days_of(sheet, path, piece.days, below.days, quiet, context.kinds)
    _check_cap(sheet, path, piece)
    address = _address(context, path, piece, sound=shaped.sound)
    entry_id = piece.id or ("each-owner" if each else f"{piece.channel}:{address}" if address else piece.channel)
    if piece.id and not (_ID.fullmatch(piece.id) and piece.id.isprintable()):
        sheet.complain((*path, "id"), f"the id {described(piece.id)}", "leave out spaces, `/` and `|`")
    _refuse_ours(sheet, path, piece, entry_id)
    thread = _thread(context, path, piece, below, address)
    if sheet.count > before:
        return None
    digest, last = below.digest, context.project.for_entries
    return Subscription(
        entry_id,
        piece.channel,
        address,
        piece.template or digest.template or last.template,
        own_locale,
        own_zone,
        piece.send or digest.send or last.send,
        piece.attach if piece.attach is not None else digest.attach or (),
        piece.on_unknown or digest.on_unknown or last.on_unknown,
        piece.rows or digest.rows,
        bool(digest.team_totals if piece.team_totals is None else piece.team_totals),
        each,
        _unassigned(context, piece),
        quiet,
        next((flag for flag in (piece.skip_if_empty, digest.skip_if_empty) if flag is not None), last.skip_if_empty),
        thread,
        days,
        piece.collect or digest.collect or Collect.NONE,
        any(one.cap == NO_CAP for one in (piece, digest)),
    )


def _each(context: LoadContext, path: Path, piece: EntryShape, *, lists: bool) -> Each | None:
    channel = context.project.channels.get(piece.channel)
    kind = context.kinds.channels[channel.type] if channel else None
    each = each_of(context.sheet, path, piece, kind, lists=lists)
    if each is not None and kind is not None:
        refuse_unreachable(context.sheet, path, piece, kind, context.project.people)
    return each


def _unassigned(context: LoadContext, piece: EntryShape) -> str | None:
    """Normalised; it has been checked."""
    channel = context.project.channels.get(piece.channel)
    if channel is None or not piece.unassigned:
        return None
    return context.kinds.channels[channel.type].address(piece.unassigned)


def _thread(context: LoadContext, path: Path, piece: EntryShape, below: Fallback, address: str | None) -> Thread:
    """What the digest or the defaults say counts only for mail."""
    channel = context.project.channels.get(piece.channel)
    able = channel is not None and context.kinds.channels[channel.type].mailbox(address)
    if piece.thread is Thread.SERIES and channel is not None and not able:
        found = f"`thread: series` with `{piece.channel}`, which sends no mail"
        context.sheet.complain((*path, "thread"), found, "leave it out", key=True)
    said = piece.thread or below.digest.thread or context.project.for_entries.thread
    return said if able else Thread.RUN


def _address(context: LoadContext, path: Path, piece: EntryShape, *, sound: bool) -> str | None:
    """Normalised. None if the channel takes no address, and after a complaint. A missing address is not reported for an
    entry that is not sound, because the refused key may have been meant as the address.
    """
    kind = _kind(context, path, piece)
    if kind is None:
        return None
    sheet = context.sheet
    needed = kind.needs_address(context.project.channels[piece.channel].options)
    if not needed and piece.has("each"):
        found = f"`each` through `{piece.channel}`, which always sends to the same place"
        sheet.complain((*path, "each"), found, "leave it out", key=True)
    if not needed and piece.address:
        found = f"`address` beside `{piece.channel}`, which always sends to the same place"
        sheet.complain((*path, "address"), found, "leave it out", key=True)
    if needed and sound and not piece.has("address") and not piece.has("each"):
        sheet.complain(path, f"an entry for `{piece.channel}` without `address`", "write `address: …`")
    if not needed or not piece.address:
        return None
    try:
        return kind.address(piece.address)
    except ValueError as error:
        sheet.complain((*path, "address"), f"`address` with {described(piece.address)}", str(error))
        return None


def _kind(context: LoadContext, path: Path, piece: EntryShape) -> ChannelKind | None:
    names = context.project.channel_names
    if names is not None and piece.channel not in names:
        found = f"`channel` with {described(piece.channel)}, which is no channel"
        context.sheet.complain(
            (*path, "channel"), found, advice(piece.channel, names, "write a channel into funnelbeat.yaml first")
        )
    channel = context.project.channels.get(piece.channel)
    return context.kinds.channels[channel.type] if channel else None


def _check_reader(sheet: Sheet, path: Path, piece: ReaderShape, queries: frozenset[str]) -> None:
    if piece.template and not _TEMPLATE.fullmatch(piece.template):
        expected = "write a template's name, such as pipeline"
        sheet.complain((*path, "template"), f"`template` with {described(piece.template)}", expected)
    for name in piece.attach or ():
        if name not in queries:
            found = f"`attach` with {described(name)}, which is no item of `report`"
            sheet.complain((*path, "attach"), found, advice(name, queries))


def _check_cap(sheet: Sheet, path: Path, piece: ReaderShape) -> None:
    """A cap counts the messages to one address over all schedules, so that no schedule has one of its own."""
    if piece.has("cap") and piece.cap != NO_CAP:
        sheet.complain((*path, "cap"), f"`cap` with {shape(piece.cap)}", "write none; a cap is a key of `defaults`")


def _check_rows(context: LoadContext, path: Path, piece: ReaderShape, *, lists: bool) -> None:
    """`lists`: whether the report lists deals, of which a condition may hold."""
    if not piece.rows:
        return
    at = (*path, "rows")
    if not lists:
        context.sheet.complain(at, "`rows` in a schedule that lists no deals", "leave it out", key=True)
    checked(context, at, piece.rows, {"row": ROW})


def _refuse_ours(sheet: Sheet, path: Path, piece: EntryShape, entry_id: str) -> None:
    """Without an id of its own an entry is named after its channel, which may have one of these names."""
    at, expected = ((*path, "id"), "choose another") if piece.id else (path, "give the entry an `id`")
    if entry_id == _OPERATOR:
        sheet.complain(at, "the id `operator`, which notices to the operator have", expected)
    if entry_id.startswith(_NOTIFICATION):
        sheet.complain(at, f"the id {described(entry_id)}: notifications have ids with `{_NOTIFICATION}`", expected)


def _refuse_twins(sheet: Sheet, made: list[tuple[int, Subscription]]) -> None:
    first: dict[str, int] = {}
    for index, entry in made:
        if entry.id in first:
            line = sheet.document.at(("to", first[entry.id]))[0]
            found = f"the entry id `{entry.id}` for the second time (first in line {line})"
            at: Path = ("to", index, "id") if ("to", index, "id") in sheet.document.spots else ("to", index)
            sheet.complain(at, found, "give each entry an `id` of its own, or keep one of the two")
        first.setdefault(entry.id, index)


def _warn_twice_reached(sheet: Sheet, made: list[tuple[int, Subscription]]) -> None:
    first: dict[tuple[str, str], str] = {}
    for index, entry in made:
        if entry.address is None:
            continue
        other = first.setdefault((entry.channel, entry.address), entry.id)
        if other != entry.id:
            found = f"{entry.address} in the entries `{other}` and `{entry.id}`: two readers, two messages"
            sheet.warn(("to", index, "address"), found, "keep one of them, if one message is enough")
