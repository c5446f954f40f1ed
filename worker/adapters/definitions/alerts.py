"""`alerts:` and `inhibit:` of a schedule."""

from dataclasses import dataclass
from typing import Any

from worker.adapters.definitions.alert_details import SPANS, labels_of, severity_of, span
from worker.adapters.definitions.alert_expressions import check_expressions
from worker.adapters.definitions.alert_forms import Target, target
from worker.adapters.definitions.alert_inhibit import inhibition
from worker.adapters.definitions.alert_model import AlertShape
from worker.adapters.definitions.alert_notify import NotifyEntries, check_reached, notify
from worker.adapters.definitions.alert_ready import Expanded, expanded, refuse_keys
from worker.adapters.definitions.entries import Fallback
from worker.adapters.definitions.items import LoadContext, Report
from worker.adapters.definitions.place import Path, Sheet, parsed
from worker.adapters.definitions.project import NAME
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.times import one_line
from worker.adapters.definitions.words import described
from worker.domain.alert.ready_made import ReadyMade
from worker.domain.alert.rule import Form, Inhibition, NoData, Rule, name_of
from worker.domain.schedule import Subscription

MOST_AFTER = 1000
_OF_LEVELS = ("until", "for", "keep_firing", "repeat", "resolved")
"""Keys of an alert that lasts."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """The fields of Schedule with these names."""

    rules: tuple[Rule, ...] = ()
    inhibit: tuple[Inhibition, ...] = ()
    notify: tuple[Subscription, ...] = ()


def alerts(
    context: LoadContext, values: list[Any], inhibit: list[Any], asked: Report, known: NotifyEntries, below: Fallback
) -> Alerts:
    """After a complaint some of it may be missing. `known`: the entries of `to`."""
    rules, names = list[Rule](), dict[str, int]()
    for index, value in enumerate(values):
        made = _rule(context, ("alerts", index), value, asked, known, below)
        written_id = value.get("id") if isinstance(value, dict) else None
        if isinstance(written_id, str):
            _note(context.sheet, str(written_id), index, names)
        rules += [made] if made is not None else []
    _refuse_previously(context.sheet, values, names)
    inhibitions = [inhibition(context.sheet, ("inhibit", i), value, names, rules) for i, value in enumerate(inhibit)]
    return Alerts(tuple(rules), tuple(one for one in inhibitions if one), tuple(known.own.values()))


def _note(sheet: Sheet, rule_id: str, index: int, names: dict[str, int]) -> None:
    if rule_id in names:
        line = sheet.document.at(("alerts", names[rule_id], "id"))[0]
        found = f"the alert id {described(rule_id)} for the second time (first in line {line})"
        sheet.complain(("alerts", index, "id"), found, "rename one of the two")
    names.setdefault(rule_id, index)


def _refuse_previously(sheet: Sheet, values: list[Any], names: dict[str, int]) -> None:
    """Refuses an earlier id that is invalid, that an alert has now, or that two alerts name."""
    taken = set[str]()
    for index, value in enumerate(values):
        before, path = value.get("previously") if isinstance(value, dict) else None, ("alerts", index, "previously")
        if not isinstance(before, str) or not before:
            continue
        if not NAME.fullmatch(before):
            sheet.complain(path, f"`previously` with {described(before)}, which can be no id", "write the id of before")
        elif before in names:
            found = f"`previously: {before}`, while there is an alert `{before}`"
            sheet.complain(path, found, "remove that alert, or leave the key out")
        elif before in taken:
            sheet.complain(path, f"`previously: {before}` for the second time", "only one alert can go on with it")
        taken.add(before)


def _rule(
    context: LoadContext, path: Path, value: Any, asked: Report, known: NotifyEntries, below: Fallback
) -> Rule | None:
    """None after a complaint."""
    sheet = context.sheet
    before = sheet.count
    shaped = read(AlertShape, value, sheet, path)
    piece, sound = shaped.piece, shaped.sound
    if piece is None:
        return None
    if not NAME.fullmatch(piece.id):
        sheet.complain((*path, "id"), f"the id {described(piece.id)}", "use letters, digits, - and _, at most 64")
    if sound:
        refuse_keys(sheet, path, piece)
    aim = target(sheet, path, piece, asked, sound=sound)
    said = _said(sheet, path, piece, aim, asked, sound=sound) if aim is not None else None
    named = notify(context, (*path, "notify"), piece.notify, below, known)
    severity, severities = severity_of(sheet, (*path, "severity"), piece.severity)
    labels = labels_of(sheet, (*path, "labels"), piece.labels)
    spans = {name: span(sheet, path, name, getattr(piece, name)) for name in SPANS}
    if piece.after > MOST_AFTER:
        sheet.complain((*path, "after"), f"`after: {piece.after}`", f"write at most {MOST_AFTER}")
    name = parsed(sheet, (*path, "name"), piece.name, one_line, name_of(piece.id))
    if said is None:
        return None
    aim = said.target
    _refuse_of_events(sheet, path, value, aim)
    rule = Rule(
        id=piece.id,
        name=name,
        form=aim.form,
        query=aim.query,
        condition=said.condition,
        table=aim.table,
        by=aim.by,
        change=aim.change,
        until=piece.until,
        pending=spans["pending"] or 0,
        keep_firing=spans["keep_firing"] or 0,
        repeat=spans["repeat"],
        severity=severity,
        severities=severities,
        labels=labels,
        group=piece.group,
        notify=named,
        resolved=said.resolved if piece.resolved is None else piece.resolved,
        no_data=piece.no_data or (NoData.ALERT if piece.rule is ReadyMade.NO_DATA else NoData.OPERATOR),
        after=piece.after,
        ready_made=piece.rule.value if piece.rule else "",
        previously=piece.previously,
    )
    if sheet.count == before:
        check_expressions(context, path, rule, aim)
        check_reached(context, path, named, aim, known)
    return rule if sheet.count == before else None


def _said(sheet: Sheet, path: Path, piece: AlertShape, aim: Target, asked: Report, *, sound: bool) -> Expanded | None:
    """The rule, written out. None after a complaint."""
    if piece.rule is not None:
        return expanded(sheet, path, piece, aim, asked)
    if not piece.condition and not sound:
        return None
    if not piece.condition:
        expected = "write a condition, such as `if: row.value >= 50000`, or a ready-made `rule`"
        sheet.complain(path, "an alert without `if`", expected)
        return None
    return Expanded(aim, piece.condition)


def _refuse_of_events(sheet: Sheet, path: Path, value: dict[str, Any], aim: Target) -> None:
    """An event is reported once: it has no duration and no end."""
    if aim.form is not Form.CHANGES:
        return
    for name in _OF_LEVELS:
        if name in value:
            found = f"`{name}` for `{aim.query}.{aim.change}`, which is reported once and never ends"
            sheet.complain((*path, name), found, f"leave it out, or write `for_each: {aim.query}`", key=True)
