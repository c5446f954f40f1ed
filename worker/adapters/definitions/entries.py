"""The entries of `to:`. Each falls back on the digest, and the digest on the project's defaults."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from worker.adapters.definitions.alert_expressions import checked
from worker.adapters.definitions.alert_forms import OPPORTUNITY
from worker.adapters.definitions.entry_addresses import (
    addresses,
    check_channel,
    copies,
    kind_of,
    refuse_reply_to,
    reply_to,
)
from worker.adapters.definitions.items import LoadContext, Report
from worker.adapters.definitions.model import DigestShape, EntryShape, ReaderShape
from worker.adapters.definitions.people import each_of, refuse_unreachable
from worker.adapters.definitions.place import Path, Sheet, parsed
from worker.adapters.definitions.project import zone_at
from worker.adapters.definitions.quiet_hours import days_of, quiet_hours
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.times import locale
from worker.adapters.definitions.words import advice, described, shape
from worker.domain.delivery import ALERT, COPY
from worker.domain.expression import Variable
from worker.domain.quiet import EVERY_DAY, QuietHours
from worker.domain.schedule import Collect, Each, Subscription, Thread
from worker.ports.channels import ChannelKind

_TEMPLATE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ID = re.compile(r"[^\s|/]{1,320}")
_OPERATOR = "operator"
_OURS = {ALERT: "notifications", COPY: "addresses in `cc`"}
"""Beginnings of ids that no entry may have, and what uses them."""
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
    reply_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entries:
    """`readers`: one for each address of each entry. `named`: ids of readers by the `id` of an entry with several
    addresses. `broken`: some entry could not be read.
    """

    readers: tuple[Subscription, ...]
    named: Mapping[str, tuple[str, ...]]
    broken: bool


def fallback(context: LoadContext, digest: DigestShape, asked: Report) -> Fallback:
    """Raises nothing: faults of the digest are reported here, once for all entries."""
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
        reply_to(sheet, path, digest),
    )


def entries(context: LoadContext, values: list[Any], below: Fallback) -> Entries:
    of_each = [(i, value, entry(context, ("to", i), value, below)) for i, value in enumerate(values)]
    made = [(i, one) for i, _, several in of_each for one in several]
    named = [(i, str(value["id"]), several) for i, value, several in of_each if len(several) > 1 and "id" in value]
    ids = [(i, one.id) for i, one in made] + [(i, name) for i, name, _ in named]
    _refuse_twins(context.sheet, sorted(ids, key=itemgetter(0)))
    _warn_twice_reached(context.sheet, made)
    groups = {name: tuple(one.id for one in several) for _, name, several in named}
    return Entries(tuple(one for _, one in made), groups, broken=not all(several for *_, several in of_each))


def entry(context: LoadContext, path: Path, value: Any, below: Fallback) -> tuple[Subscription, ...]:
    """One for each address, as if each had an entry of its own; nothing after a complaint."""
    sheet = context.sheet
    before = sheet.count
    shaped = read(EntryShape, value, sheet, path)
    piece = shaped.piece
    if piece is None:
        return ()
    _check_reader(sheet, path, piece, below.queries)
    _check_rows(context, path, piece, lists=below.lists)
    own_locale = parsed(sheet, (*path, "locale"), piece.locale, locale, below.locale)
    own_zone = zone_at(sheet, (*path, "timezone"), piece.timezone, below.zone)
    kind = kind_of(context, piece)
    check_channel(context, path, piece)
    each = _each(context, path, piece, kind, lists=below.lists)
    quiet = quiet_hours(sheet, path, piece.quiet_hours, below.quiet_hours, context.kinds, own_zone)
    days = days_of(sheet, path, piece.days, below.days, quiet, context.kinds)
    _check_cap(sheet, path, piece)
    to = addresses(context, path, piece, sound=shaped.sound)
    readers = [(_id(piece, address, several=len(to) > 1), address) for address in to]
    _check_ids(sheet, path, piece, [name for name, _ in readers])
    able = kind is not None and all(map(kind.mailbox, to))
    _refuse_thread(sheet, path, piece, able=able or kind is None)
    copied, answered = copies(sheet, path, piece, kind, to), reply_to(sheet, path, piece) or below.reply_to
    refuse_reply_to(sheet, path, piece, kind, to)
    if sheet.count > before:
        return ()
    digest, last = below.digest, context.project.for_entries
    made = Subscription(
        id="",
        channel=piece.channel,
        address=None,
        template=piece.template or digest.template or last.template,
        locale=own_locale,
        zone=own_zone,
        send=piece.send or digest.send or last.send,
        attach=piece.attach if piece.attach is not None else digest.attach or (),
        on_unknown=piece.on_unknown or digest.on_unknown or last.on_unknown,
        rows=piece.rows or digest.rows,
        team_totals=bool(digest.team_totals if piece.team_totals is None else piece.team_totals),
        each=each,
        unassigned=kind.address(piece.unassigned) if kind is not None and piece.unassigned else None,
        quiet_hours=quiet,
        skip_if_empty=next(
            (flag for flag in (piece.skip_if_empty, digest.skip_if_empty) if flag is not None), last.skip_if_empty
        ),
        thread=(piece.thread or digest.thread or last.thread) if able else Thread.RUN,
        days=days,
        collect=piece.collect or digest.collect or Collect.NONE,
        uncapped=any(one.cap == NO_CAP for one in (piece, digest)),
        cc=copied,
        reply_to=answered if able or each else (),
    )
    return tuple(replace(made, id=name, address=address) for name, address in readers)


def _id(piece: EntryShape, address: str | None, *, several: bool) -> str:
    """An `id` with several addresses names each of them with its address, so that no two readers have one id."""
    if piece.id:
        return f"{piece.id}:{address}" if several else piece.id
    return "each-owner" if piece.has("each") else f"{piece.channel}:{address}" if address else piece.channel


def _each(context: LoadContext, path: Path, piece: EntryShape, kind: ChannelKind | None, *, lists: bool) -> Each | None:
    each = each_of(context.sheet, path, piece, kind, lists=lists)
    if each is not None and kind is not None:
        refuse_unreachable(context.sheet, path, piece, kind, context.project.people)
    return each


def _refuse_thread(sheet: Sheet, path: Path, piece: EntryShape, *, able: bool) -> None:
    """What the digest or the defaults say counts only for mail."""
    if piece.thread is Thread.SERIES and not able:
        found = f"`thread: series` with `{piece.channel}`, which sends no mail"
        sheet.complain((*path, "thread"), found, "leave it out", key=True)


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


def _check_ids(sheet: Sheet, path: Path, piece: EntryShape, ids: list[str]) -> None:
    """Without an id of its own an entry is named after its channel, which may have one of our names."""
    at, expected = ((*path, "id"), "choose another") if piece.id else (path, "give the entry an `id`")
    if piece.id and not (_ID.fullmatch(piece.id) and piece.id.isprintable()):
        sheet.complain((*path, "id"), f"the id {described(piece.id)}", "leave out spaces, `/` and `|`")
    for entry_id in ids:
        if entry_id == _OPERATOR:
            sheet.complain(at, "the id `operator`, which notices to the operator have", expected)
        for begins, what in _OURS.items():
            if entry_id.startswith(begins):
                sheet.complain(at, f"the id {described(entry_id)}: {what} have ids with `{begins}`", expected)


def _refuse_twins(sheet: Sheet, ids: list[tuple[int, str]]) -> None:
    """`ids`: each with the index of its entry. The `id` of an entry with several addresses is one of them."""
    first: dict[str, int] = {}
    for index, entry_id in ids:
        if entry_id in first:
            line = sheet.document.at(("to", first[entry_id]))[0]
            found = f"the entry id `{entry_id}` for the second time (first in line {line})"
            at: Path = ("to", index, "id") if ("to", index, "id") in sheet.document.spots else ("to", index)
            sheet.complain(at, found, "give each entry an `id` of its own, or keep one of the two")
        first.setdefault(entry_id, index)


def _warn_twice_reached(sheet: Sheet, made: list[tuple[int, Subscription]]) -> None:
    first: dict[tuple[str, str], str] = {}
    for index, entry in made:
        told = [("address", entry.address), *(("cc", copy) for copy in entry.cc)]
        for key, address in told:
            other = first.setdefault((entry.channel, address), entry.id) if address is not None else entry.id
            if other != entry.id:
                found = f"{address} in the entries `{other}` and `{entry.id}`: two readers, two messages"
                sheet.warn(("to", index, key), found, "keep one of them, if one message is enough")
