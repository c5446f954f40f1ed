"""Ready-made rules of `alerts:`: their keys, and what each stands for."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from worker.adapters.definitions.alert_forms import Target
from worker.adapters.definitions.alert_model import AlertShape
from worker.adapters.definitions.items import Report
from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.words import described, listed
from worker.domain.alert.ready_made import (
    NEVER,
    Against,
    Direction,
    Measured,
    ReadyMade,
    change,
    newly_stalled,
    threshold,
)
from worker.domain.alert.rule import ChangeKind, Form

_NUMBER = re.compile(r"(-?\d{1,15}(?:\.\d{1,4})?)(%?)")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NAME = re.compile(r"\w+")
_ALLOWED = {
    ReadyMade.THRESHOLD: ("of", "above", "below", "currency"),
    ReadyMade.CHANGE: ("of", "by", "direction", "against", "currency"),
    ReadyMade.NEWLY_STALLED: ("above", "currency"),
    ReadyMade.NO_DATA: (),
}
KEYS = ("of", "above", "below", "by", "direction", "against", "currency")


@dataclass(frozen=True, slots=True)
class Expanded:
    """A ready-made rule, written out. `resolved`: whether readers are notified of its end, unless the rule says
    otherwise.
    """

    target: Target
    condition: str
    resolved: bool = True


def refuse_keys(sheet: Sheet, path: Path, piece: AlertShape) -> None:
    """Keys of ready-made rules, each beside a rule that has it."""
    if piece.rule is not None and piece.has("condition"):
        sheet.complain((*path, "if"), f"`if` beside `rule: {piece.rule}`", "keep one of the two", key=True)
    for name in KEYS:
        if _has(piece, name) and name not in (_ALLOWED[piece.rule] if piece.rule else ()):
            rules = listed(f"`rule: {rule}`" for rule, names in _ALLOWED.items() if name in names)
            beside = f"beside `rule: {piece.rule}`" if piece.rule else "without `rule`"
            sheet.complain((*path, name), f"`{name}` {beside}", f"leave it out; it belongs to {rules}", key=True)


def expanded(sheet: Sheet, path: Path, piece: AlertShape, target: Target, asked: Report) -> Expanded | None:
    """None after a complaint."""
    before = sheet.count
    texts = {"above": piece.over, "below": piece.below, "by": piece.by}
    numbers = {name: _number(sheet, (*path, name), text) for name, text in texts.items()}
    if piece.currency and not _CURRENCY.fullmatch(piece.currency):
        found = f"`currency` with {described(piece.currency)}"
        sheet.complain((*path, "currency"), found, "write a code of three capital letters, such as EUR")
    made = None
    match piece.rule:
        case ReadyMade.NEWLY_STALLED:
            made = _newly_stalled(sheet, path, piece, target, asked, numbers["above"])
        case ReadyMade.NO_DATA:
            made = _no_data(sheet, path, target)
        case ReadyMade.THRESHOLD | ReadyMade.CHANGE:
            made = _measured(sheet, path, piece, target, numbers)
    return made if sheet.count == before else None


def _has(piece: AlertShape, name: str) -> bool:
    return piece.has("over" if name == "above" else name)


def _measured(
    sheet: Sheet, path: Path, piece: AlertShape, target: Target, numbers: dict[str, Decimal | None]
) -> Expanded | None:
    wanted = ("above", "below") if piece.rule is ReadyMade.THRESHOLD else ("by",)
    if not piece.of:
        sheet.complain(
            (*path, "rule"), f"`rule: {piece.rule}` without `of`", "write what it looks at, such as `of: value`"
        )
    elif target.form is not Form.QUERY and not _NAME.fullmatch(piece.of):
        expected = "write the name of a column, such as `of: value`"
        sheet.complain((*path, "of"), f"`of` with {described(piece.of)}", expected)
    if not any(_has(piece, name) for name in wanted):
        names = listed(f"`{name}`" for name in wanted)
        sheet.complain((*path, "rule"), f"`rule: {piece.rule}` without {names}", f"write {names} with a number")
    if piece.of == "value" and target.form in (Form.GROUPS, Form.QUERY) and not piece.currency:
        found = "`of: value` without `currency`"
        sheet.complain((*path, "of"), found, "write `currency: EUR`: amounts are added up by currency")
    by = numbers["by"]
    if by is not None and by <= 0:
        sheet.complain(
            (*path, "by"), f"`by` with {described(piece.by)}", "write more than 0; `direction` says which way"
        )
    if piece.rule is ReadyMade.THRESHOLD:
        made = Measured(target.form, piece.of, piece.currency)
        return Expanded(target, threshold(made, numbers["above"], numbers["below"]))
    return _change(sheet, path, piece, target, by)


def _change(sheet: Sheet, path: Path, piece: AlertShape, target: Target, by: Decimal | None) -> Expanded | None:
    """If a change is measured from the previous answer, it ends with the next answer, and nobody is notified of the
    end.
    """
    if target.form is Form.ROWS:
        target = replace(target, form=Form.CHANGES, change=ChangeKind.CHANGED)
    if target.table:
        found = f"`rule: change` for `{target.query}.{target.table}`"
        sheet.complain((*path, "for_each"), found, f"write `for_each: {target.query}`, or `if` with `row` and `was`")
    against = piece.against or Against.BASELINE
    if against is Against.COMPARISON and target.form is not Form.QUERY:
        sheet.complain(
            (*path, "against"), "`against: comparison` with `for_each`", "write `on: QUERY`, or leave it out"
        )
    if by is None:
        return None
    measured = Measured(target.form, piece.of, piece.currency)
    text = change(measured, by, piece.by.endswith("%"), piece.direction or Direction.BOTH, against)
    return Expanded(target, text, resolved=against is Against.COMPARISON)


def _newly_stalled(
    sheet: Sheet, path: Path, piece: AlertShape, target: Target, asked: Report, above: Decimal | None
) -> Expanded | None:
    if target.form is not Form.ROWS or target.table or not target.deals:
        found = "`rule: newly_stalled` for anything but the rows of a list of deals"
        sheet.complain((*path, "rule"), found, "write `for_each: QUERY` with a query that lists deals")
        return None
    item, spec = asked.items[target.query], asked.specs[target.query]
    only = spec.traits(item.params).stalled
    event = replace(target, form=Form.CHANGES, change=ChangeKind.ADDED if only else ChangeKind.CHANGED)
    return Expanded(event, newly_stalled(above, piece.currency, only_stalled=only))


def _no_data(sheet: Sheet, path: Path, target: Target) -> Expanded | None:
    if target.form is not Form.QUERY:
        found = "`rule: no_data` with `for_each`"
        sheet.complain((*path, "for_each"), found, f"write `on: {target.query}`", key=True)
        return None
    return Expanded(target, NEVER)


def _number(sheet: Sheet, path: Path, text: str) -> Decimal | None:
    """A share as a fraction. None for an absent key and after a complaint."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        if text:
            expected = "write a number in digits with at most four decimals, such as 50000 or 10%"
            sheet.complain(path, f"`{path[-1]}` with {described(text)}", expected)
        return None
    return Decimal(found[1]) / 100 if found[2] else Decimal(found[1])
