"""`event:` of a trigger: events of a connection that cause a run."""

from worker.adapters.definitions.alert_expressions import complaint
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.model import WhenShape
from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.project import Project
from worker.adapters.definitions.times import seconds
from worker.adapters.definitions.words import advice, described
from worker.domain.schedule import EventTrigger
from worker.domain.source_event import VARIABLES
from worker.domain.time.duration import DAY
from worker.errors import RequestError

DEBOUNCE = 300
"""Seconds, unless the definition says."""

_AT = ("when", "event")


def event_trigger(sheet: Sheet, piece: WhenShape, project: Project, kinds: Registry) -> EventTrigger | None:
    """None without `event`, and after a complaint."""
    if not piece.event:
        for name in ("filter", "debounce"):
            if piece.has(name):
                found = f"`{name}` without `event`"
                sheet.complain(("when", name), found, "write `event:` too, or leave it out", key=True)
        return None
    before = sheet.count
    connection, _, name = piece.event.partition(".")
    _check_name(sheet, project, kinds, connection, name)
    _check_filter(sheet, ("when", "filter"), piece.filter, kinds)
    debounce = _debounce(sheet, piece.debounce)
    return None if sheet.count > before else EventTrigger(connection, name, piece.filter, debounce)


def _check_name(sheet: Sheet, project: Project, kinds: Registry, connection: str, name: str) -> None:
    names = project.connection_names
    if names is not None and connection not in names:
        found = f"`event` with {described(connection)}, which is no connection"
        sheet.complain(_AT, found, advice(connection, names, "write a connection into funnelbeat.yaml first"))
        return
    what, dot, action = name.rpartition(".")
    if not dot or not what or not action:
        expected = "write CONNECTION.OBJECT.ACTION, such as close.opportunity.updated"
        sheet.complain(_AT, f"`event` with {described(f'{connection}.{name}')}", expected)
        return
    known_as = project.connections.get(connection)
    if known_as is None:
        return
    contract = kinds.connections[known_as.type].events
    if contract is None:
        found = f"`event` of `{connection}` ({known_as.type}), which posts no events"
        sheet.complain(_AT, found, "write `cron:` or `every:`")
    elif contract.known and name not in contract.known:
        found = f"`event` with {described(name)}, which `{connection}` ({known_as.type}) does not post"
        sheet.complain(_AT, found, advice(name, contract.known))


def _check_filter(sheet: Sheet, path: Path, text: str, kinds: Registry) -> None:
    if not text:
        return
    try:
        kinds.expressions.condition(text, VARIABLES)
    except RequestError as error:
        sheet.complain(path, *complaint("filter", error))


def _debounce(sheet: Sheet, text: str) -> int:
    if not text:
        return DEBOUNCE
    path = ("when", "debounce")
    try:
        found = seconds(text)
    except ValueError as error:
        sheet.said(path, error)
        return DEBOUNCE
    if not 1 <= found < DAY:
        sheet.complain(path, f"`debounce` with {described(text)}", "write at least 1s and less than a day, such as 5m")
    return found
