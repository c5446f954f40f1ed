"""The items of `report:`, and the rules between their keys."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.model import ItemShape, ShowShape
from worker.adapters.definitions.params import checked, is_range
from worker.adapters.definitions.place import Path, Sheet, parsed
from worker.adapters.definitions.project import NAME, Project
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.show import show, show_of_deals
from worker.adapters.definitions.times import one_line, seconds
from worker.adapters.definitions.windows import compare, window
from worker.adapters.definitions.words import advice, described, listed
from worker.domain.schedule import SHARE_FOR, Follow, Query
from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.time.window import WindowSpec, check_pair
from worker.ports.kinds import QuerySpec, RuleViolation, Use
from worker.ports.rules import ReadParams, UnreadParam

_COLUMNS = ("key", *(column.name for column in COLUMNS))


@dataclass(frozen=True, slots=True)
class LoadContext:
    """`zone`: the zone of the schedule, for dates without an offset."""

    sheet: Sheet
    kinds: Registry
    project: Project
    zone: str


@dataclass(frozen=True, slots=True)
class Report:
    """`items` and `specs`: what could be read. `names`: every written id, also of broken items."""

    items: Mapping[str, Query]
    specs: Mapping[str, QuerySpec]
    names: Mapping[str, int]


def report(context: LoadContext, values: list[Any]) -> Report:
    if not values:
        context.sheet.complain(("report",), "an empty `report`", "write at least one item", key=True)
    items: dict[str, Query] = {}
    specs: dict[str, QuerySpec] = {}
    names: dict[str, int] = {}
    for index, value in enumerate(values):
        ambiguous = _note_name(context.sheet, value, index, names)
        made = _item(context, ("report", index), value)
        if ambiguous is not None:
            items.pop(ambiguous, None)
        elif made is not None:
            items[made[0].id], specs[made[0].id] = made
    return Report(items, specs, names)


def _note_name(sheet: Sheet, value: Any, index: int, names: dict[str, int]) -> str | None:
    """The id if it is used for the second time. References to it cannot be checked."""
    name = value.get("id") if isinstance(value, dict) else None
    if not isinstance(name, str):
        return None
    if name in names:
        line = sheet.document.at(("report", names[name], "id"))[0]
        found = f"the id {described(name)} for the second time (first in line {line})"
        sheet.complain(("report", index, "id"), found, "rename one of the two")
        return str(name)
    names[str(name)] = index
    return None


def _item(context: LoadContext, path: Path, value: Any) -> tuple[Query, QuerySpec] | None:
    sheet = context.sheet
    before = sheet.count
    piece = read(ItemShape, value, sheet, path).piece
    if piece is None:
        return None
    _check_words(sheet, path, piece)
    spec = _spec(context, path, piece)
    span = window(sheet, (*path, "window"), piece.window, context.zone) if piece.has("window") else None
    against = compare(sheet, (*path, "compare"), piece.compare, context.zone) if piece.has("compare") else None
    shown = read(ShowShape, piece.show, sheet, (*path, "show")).piece if piece.show else None
    if spec is None:
        show_of_deals(sheet, path, shown or ShowShape())
        return None
    sound = sheet.count == before
    params = checked(sheet, (*path, "params"), piece.params, spec, context.zone)
    display = show(sheet, path, shown or ShowShape(), spec, params)
    if not sound:
        return None
    follow = _ruled(sheet, path, piece, spec, params, span, against)
    share_for = parsed(sheet, (*path, "share_for"), piece.share_for, seconds, SHARE_FOR)
    name = parsed(sheet, (*path, "name"), piece.name, one_line, "")
    if sheet.count > before:
        return None
    made = Query(piece.id, piece.source, piece.query, span, against, dict(params), follow, piece.follow_limit, display)
    return replace(made, name=name, watch=piece.watch, as_written=bool(piece.ranges), share_for=share_for), spec


def _check_words(sheet: Sheet, path: Path, piece: ItemShape) -> None:
    if not NAME.fullmatch(piece.id):
        sheet.complain((*path, "id"), f"the id {described(piece.id)}", "use letters, digits, - and _, at most 64")
    if piece.ranges not in ("", "as_written"):
        expected = "write as_written, or leave it out"
        sheet.complain((*path, "ranges"), f"`ranges` with {described(piece.ranges)}", expected)


def _spec(context: LoadContext, path: Path, piece: ItemShape) -> QuerySpec | None:
    sheet, project = context.sheet, context.project
    names = project.connection_names
    if names is not None and piece.source not in names:
        nothing = "write a connection into funnelbeat.yaml first"
        sheet.complain(
            (*path, "source"),
            f"`source` with {described(piece.source)}, which is no connection",
            advice(piece.source, names, nothing),
        )
    connection = project.connections.get(piece.source)
    if connection is None:
        return None
    queries = context.kinds.connections[connection.type].queries
    if piece.query in queries:
        return queries[piece.query]
    found = f"`query` with {described(piece.query)}, which `{piece.source}` ({connection.type}) does not offer"
    sheet.complain((*path, "query"), found, advice(piece.query, queries))
    return None


def _ruled(
    sheet: Sheet,
    path: Path,
    piece: ItemShape,
    spec: QuerySpec,
    params: ReadParams,
    span: WindowSpec | None,
    against: WindowSpec | None,
) -> Follow:
    """Checks rules between keys. Returns how far the list is followed. For a parameter that could not be read, only the
    rules that use it are skipped.
    """
    before = sheet.count
    _window_rules(sheet, path, piece, spec)
    _list_rules(sheet, path, piece, spec)
    if span and against:
        _comparable(sheet, path, span, against)
    use = Use(params, span.name if span else None, against.name if against else None, piece.follow, piece.ranges)
    if sheet.count == before:  # only for a sound item; else a query's own rules would repeat a complaint
        for fault in _violations(spec, use):
            say = sheet.warn if fault.warns else sheet.complain
            say((*path, *fault.path), fault.found, fault.expected, key=True)
    if params.unread:
        return Follow.NONE
    return piece.follow or Follow(spec.default_follow(use))


def _violations(spec: QuerySpec, use: Use) -> tuple[RuleViolation, ...]:
    """None of a query whose rules do not say themselves what they look at, where a parameter could not be read."""
    try:
        return spec.rules(use)
    except UnreadParam:
        return ()


def _comparable(sheet: Sheet, path: Path, span: WindowSpec, against: WindowSpec) -> None:
    try:
        check_pair(span, against)
    except ValueError as error:
        sheet.said((*path, "compare"), error)


def _window_rules(sheet: Sheet, path: Path, piece: ItemShape, spec: QuerySpec) -> None:
    compares = piece.has("compare") and piece.compare != "none"
    if not spec.windowed:
        for name, present in (("window", piece.has("window")), ("compare", compares), ("ranges", bool(piece.ranges))):
            if present:
                found = f"`{name}` beside `{spec.name}`, which reads the state of the moment"
                sheet.complain((*path, name), found, "leave it out", key=True)
        return
    if piece.has("window"):
        return
    if compares:
        expected = "leave it out" if piece.ranges else "write `window:` too"
        sheet.complain((*path, "compare"), "`compare` without `window`", expected, key=True)
    elif not any(is_range(param) and param.name in piece.params for param in spec.params):
        found = f"`{spec.name}` without a stretch of time"
        sheet.complain((*path, "query"), found, _time_wanted(piece, spec), key=True)


def _time_wanted(piece: ItemShape, spec: QuerySpec) -> str:
    """What to write instead. Beside `ranges: as_written`, `window` is refused."""
    if not piece.ranges:
        return "write `window:`, such as `window: last-week`"
    names = [f"`{param.name}`" for param in spec.params if is_range(param)]
    return f"write {listed(names)} under `params:`, or leave out `ranges`" if names else "leave out `ranges`"


def _list_rules(sheet: Sheet, path: Path, piece: ItemShape, spec: QuerySpec) -> None:
    if spec.lists_opportunities:
        for name in piece.watch:
            if name not in _COLUMNS and not name.startswith("total."):
                sheet.complain(
                    (*path, "watch"), f"`watch` with {described(name)}, which is no column", advice(name, _COLUMNS)
                )
    for name in ("follow", "follow_limit"):
        if name in piece.model_fields_set and not spec.lists:
            sheet.complain((*path, name), f"`{name}` beside `{spec.name}`, which is no list", "leave it out", key=True)
