"""The addresses of one entry of `to:`: its readers, its copies, and where replies go."""

from collections.abc import Iterator, Sequence

from worker.adapters.definitions.items import LoadContext
from worker.adapters.definitions.model import EntryShape, ReaderShape
from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.words import advice, described
from worker.adapters.smtp.addresses import mailbox, needs_smtputf8, quotes_missing, written_mailbox
from worker.domain.address import comparable, same
from worker.errors import what_to_write
from worker.ports.channels import ChannelKind

MOST_COPIES = 20
"""Addresses in `cc`. All of them stand in one header, and one server is asked about each."""

MOST_ANSWERED = 5
"""Addresses in `reply_to`."""


def kind_of(context: LoadContext, piece: EntryShape) -> ChannelKind | None:
    """None for a channel that is not there, or that is broken itself."""
    channel = context.project.channels.get(piece.channel)
    return context.kinds.channels[channel.type] if channel else None


def check_channel(context: LoadContext, path: Path, piece: EntryShape) -> None:
    names = context.project.channel_names
    if names is not None and piece.channel not in names:
        found = f"`channel` with {described(piece.channel)}, which is no channel"
        context.sheet.complain(
            (*path, "channel"), found, advice(piece.channel, names, "write a channel into funnelbeat.yaml first")
        )


def addresses(context: LoadContext, path: Path, piece: EntryShape, *, sound: bool) -> tuple[str | None, ...]:
    """Normalised, at least one: (None,) if the channel takes no address, and after a complaint. A missing address is
    not reported for an entry that is not sound, because the refused key may have been meant as the address.
    """
    kind, sheet = kind_of(context, piece), context.sheet
    if kind is None:
        return (None,)
    needed = kind.needs_address(context.project.channels[piece.channel].options)
    if not needed and piece.has("each"):
        found = f"`each` through `{piece.channel}`, which always sends to the same place"
        sheet.complain((*path, "each"), found, "leave it out", key=True)
    if not needed and piece.address:
        found = f"`address` beside `{piece.channel}`, which always sends to the same place"
        sheet.complain((*path, "address"), found, "leave it out", key=True)
    if needed and piece.has("address") and not piece.address:
        sheet.complain((*path, "address"), "`address` with an empty list", "write an address")
    elif needed and sound and not piece.address and not piece.has("each"):
        sheet.complain(path, f"an entry for `{piece.channel}` without `address`", "write `address: …`")
    if not needed or not piece.address:
        return (None,)
    return tuple(_each_once(sheet, (*path, "address"), piece.address, kind)) or (None,)


def copies(
    sheet: Sheet, path: Path, piece: EntryShape, kind: ChannelKind | None, to: Sequence[str | None]
) -> tuple[str, ...]:
    """Of `cc`, normalised; empty after a complaint."""
    at = (*path, "cc")
    if not piece.has("cc") or kind is None:
        return ()
    found = tuple(_each_once(sheet, at, piece.cc, kind))
    _refuse_without_mail(sheet, path, "cc", piece.channel, kind, [*(one for one in to if one), *found])
    for index, address in enumerate(found):
        if needs_smtputf8(address):
            expected = "write an entry of its own for it: a server that cannot take it refuses the whole mail"
            sheet.complain(_item(sheet, at, index), f"`cc` with {described(address)}, beyond ASCII", expected)
        if any(same(address, one) for one in to):
            sheet.complain(_item(sheet, at, index), f"{address} in `cc` and in `address`", "keep it in one of the two")
    if len(to) > 1:
        expected = "write its addresses into `address` too, or an entry for each address"
        sheet.complain(at, f"`cc` beside {len(to)} addresses, each of which gets a mail of its own", expected, key=True)
    if len(found) > MOST_COPIES:
        sheet.complain(at, f"`cc` with {len(found)} addresses", f"write at most {MOST_COPIES}", key=True)
    return found


def reply_to(sheet: Sheet, path: Path, piece: ReaderShape) -> tuple[str, ...]:
    """Each as it stands in a header: "Sales <sales@acme.example>", or an address alone."""
    at = (*path, "reply_to")
    if len(piece.reply_to) > MOST_ANSWERED:
        found = f"`reply_to` with {len(piece.reply_to)} addresses"
        sheet.complain(at, found, f"write at most {MOST_ANSWERED}", key=True)
    written = []
    for index, text in enumerate(piece.reply_to):
        try:
            written.append(answer_address(text))
        except ValueError as error:
            sheet.complain(_item(sheet, at, index), f"`reply_to` with {described(text)}", str(error))
    return tuple(written)


def answer_address(text: str) -> str:
    """One mailbox with or without a name. Raises ValueError with what to write."""
    try:
        name, address = mailbox(text)
    except ValueError:
        raise ValueError(quotes_missing(text) or "write one address, such as Sales <sales@acme.example>") from None
    if needs_smtputf8(address):
        raise ValueError("write an address whose name before the @ is ASCII: not every server takes another")
    return written_mailbox(name, address)


def refuse_reply_to(
    sheet: Sheet, path: Path, piece: EntryShape, kind: ChannelKind | None, to: Sequence[str | None]
) -> None:
    """Of an entry that sends no mail. What the digest says counts only for mail."""
    if piece.has("reply_to") and kind is not None:
        _refuse_without_mail(sheet, path, "reply_to", piece.channel, kind, [one for one in to if one])


def _refuse_without_mail(
    sheet: Sheet, path: Path, key: str, channel: str, kind: ChannelKind, found: Sequence[str]
) -> None:
    """`found`: addresses. A channel may send mail to some and posts to others."""
    able = all(map(kind.mailbox, found)) if found else kind.mailbox("anybody@acme.example")
    if not able:
        sheet.complain((*path, key), f"`{key}` with `{channel}`, which sends no mail", "leave it out", key=True)


def _each_once(sheet: Sheet, path: Path, written: Sequence[str], kind: ChannelKind) -> Iterator[str]:
    """Those that the channel takes; complains of the others, and of one that stands there twice. Warns of a domain
    that may be half of one.
    """
    seen = set[str]()
    for index, text in enumerate(written):
        at = _item(sheet, path, index)
        try:
            address = kind.address(text)
        except ValueError as error:
            sheet.complain(at, f"`{path[-1]}` with {described(text)}", what_to_write(error))
            continue
        if comparable(address) in seen:
            sheet.complain(at, f"{address} for the second time in `{path[-1]}`", "keep it once")
        seen.add(comparable(address))
        if kind.mailbox(address) and "." not in address.rpartition("@")[2]:
            expected = "write the whole domain, unless it is a host of your own network"
            sheet.warn(at, f"{address}, whose domain has no dot", expected)
        yield address


def _item(sheet: Sheet, path: Path, index: int) -> Path:
    """Where the text stands: in a list, or alone."""
    return (*path, index) if (*path, index) in sheet.document.spots else path
