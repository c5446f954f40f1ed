"""`operator:` of the project's defaults: who is notified of failures, and through which channel."""

from collections.abc import Mapping
from typing import Any

from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.model import OperatorShape
from worker.adapters.definitions.people import takes
from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.words import advice, described
from worker.domain.operators import Operator
from worker.domain.schedule import ChannelSpec

AT: Path = ("defaults", "operator")


def operator(
    sheet: Sheet, value: Any, names: frozenset[str], channels: Mapping[str, ChannelSpec], kinds: Registry
) -> str | tuple[Operator, ...] | None:
    """One address alone stays as it is written. `names` of all channels; `channels`: those whose type is known.

    None without an operator, and after a complaint.
    """
    if not value:
        return None
    if isinstance(value, str):
        return str(value) if _one(sheet, AT, value, names, channels, kinds) else None
    each = [((*AT, i), one) for i, one in enumerate(value)] if isinstance(value, list) else [(AT, value)]
    found = [(path, one) for path, given in each if (one := _one(sheet, path, given, names, channels, kinds))]
    _refuse_twins(sheet, found)
    return tuple(one for _, one in found) or None


def _one(
    sheet: Sheet, path: Path, value: Any, names: frozenset[str], channels: Mapping[str, ChannelSpec], kinds: Registry
) -> Operator | None:
    if isinstance(value, dict):
        return _through(sheet, path, value, names, channels, kinds)
    sound = isinstance(value, str) and (
        len(channels) < len(names) or any(_reaches(kinds, spec, value) for spec in channels.values())
    )
    if not sound:
        expected = "write an address that one of the channels takes, such as ops@acme.example"
        sheet.complain(path, f"`operator` with {described(value)}, which no channel takes", expected)
    return Operator(str(value)) if sound else None


def _reaches(kinds: Registry, spec: ChannelSpec, text: str) -> bool:
    kind = kinds.channels[spec.type]
    return kind.needs_address(spec.options) and takes(kind, text)


def _through(
    sheet: Sheet, path: Path, value: Any, names: frozenset[str], channels: Mapping[str, ChannelSpec], kinds: Registry
) -> Operator | None:
    """`{channel: NAME, address: …}`; without the address for a channel that always sends to the same place."""
    piece = read(OperatorShape, value, sheet, path).piece
    if piece is None:
        return None
    if piece.channel not in channels:
        if piece.channel not in names:
            found = f"`channel` with {described(piece.channel)}, which is no channel"
            sheet.complain((*path, "channel"), found, advice(piece.channel, names))
        return None
    spec = channels[piece.channel]
    needed = kinds.channels[spec.type].needs_address(spec.options)
    if needed != bool(piece.address):
        found = f"an operator through `{piece.channel}` {'without' if needed else 'with'} `address`"
        sheet.complain(path, found, "write `address: …`" if needed else "leave `address` out: it has its own")
        return None
    try:
        address = kinds.channels[spec.type].address(piece.address) if needed else None
    except ValueError as error:
        sheet.complain((*path, "address"), f"`address` with {described(piece.address)}", str(error))
        return None
    return Operator(address, piece.channel)


def _refuse_twins(sheet: Sheet, found: list[tuple[Path, Operator]]) -> None:
    """A notice is a delivery to an address of its run, and its address alone says who it is for."""
    known: set[str | None] = set()
    for path, one in found:
        if one.address in known:
            told = (
                "a second operator without an address" if one.address is None else f"the operator {one.address} twice"
            )
            sheet.complain(path, told, "keep one of the two")
        known.add(one.address)
