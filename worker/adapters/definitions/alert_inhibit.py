"""An item of `inhibit:`."""

from collections.abc import Mapping
from typing import Any

from worker.adapters.definitions.alert_forms import BY_ID, OPPORTUNITY
from worker.adapters.definitions.alert_model import InhibitShape
from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.words import advice, described
from worker.domain.alert.rule import Inhibition, Rule


def inhibition(sheet: Sheet, path: Path, value: Any, names: Mapping[str, int], rules: list[Rule]) -> Inhibition | None:
    before = sheet.count
    piece = read(InhibitShape, value, sheet, path).piece
    if piece is None:
        return None
    for end in ("source", "target"):
        name = getattr(piece, end)
        if name not in names:
            found = f"`{end}` with {described(name)}, which is no alert of this schedule"
            sheet.complain((*path, end), found, advice(name, names, "write the alert first"))
    if piece.source == piece.target:
        sheet.complain((*path, "target"), f"`target: {piece.target}`, which is its own source", "name another alert")
    labels = {name for rule in rules if rule.id in (piece.source, piece.target) for name in rule.labels}
    known = {*BY_ID, *OPPORTUNITY, "severity", *labels}
    for name in piece.equal:
        if name not in known:
            found = f"`equal` with {described(name)}, which is no column and no label"
            sheet.complain((*path, "equal"), found, advice(name, known))
    return Inhibition(piece.source, piece.target, piece.equal) if sheet.count == before else None
