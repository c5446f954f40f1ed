"""Lists the objects of a Close account, for people who write definitions and need ids. Read only.

https://developer.close.com/api/resources/
"""

from collections.abc import Mapping

from worker.domain.known_names import known_names
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Row, Table, table
from worker.errors import RequestError
from worker.sources.close.client import CloseClient
from worker.sources.close.names import listed
from worker.sources.common.parse import Node

_TEXT, _BOOL = Kind.TEXT, Kind.BOOL
_LISTS: Mapping[str, tuple[str, Mapping[str, Kind]]] = {
    "pipelines": ("/pipeline/", {"name": _TEXT, "statuses": _TEXT}),
    "users": ("/user/", {"first_name": _TEXT, "last_name": _TEXT, "email": _TEXT}),
    "saved_searches": ("/saved_search/", {"name": _TEXT, "type": _TEXT, "is_shared": _BOOL}),
    "webhooks": ("/webhook/", {"url": _TEXT, "status": _TEXT, "events": _TEXT}),
}
"""Kind → path and the fields that become columns. The signature key of a webhook is left out."""
_EVERY = {"saved_searches": {"type__in": "lead,contact,opportunity"}}
"""Parameters needed to list everything. Without them Close lists only the saved searches of leads."""
_STATUS = {"label": Kind.TEXT, "type": Kind.TEXT, "pipeline_id": Kind.ID, "pipeline": Kind.TEXT, "position": Kind.INT}
KINDS = ("pipelines", "statuses", "users", "saved_searches", "webhooks")


async def holds(client: CloseClient, kind: str) -> Table:
    """Everything of one kind, keyed by id. Raises RequestError for an unknown kind, SourceError."""
    if kind == "statuses":
        return _statuses(await listed(client, "/pipeline/"))
    if kind not in _LISTS:
        raise RequestError(f"close has no list {kind!r}; {known_names(kind, KINDS)}")
    path, columns = _LISTS[kind]
    nodes = await listed(client, path, _EVERY.get(kind))
    rows = [Row(node.get("id").id(), tuple(_cell(node.get(name)) for name in columns)) for node in nodes]
    return table(kind, _columns(columns), rows)


def _statuses(pipelines: list[Node]) -> Table:
    """Statuses in the order of the funnel, each with its pipeline."""
    rows = [
        Row(
            status.get("id").id(),
            (
                status.get("label").text(),
                status.get("type").text(),
                pipeline.get("id").id(),
                pipeline.get("name").text(),
                position,
            ),
        )
        for pipeline in pipelines
        for position, status in enumerate(pipeline.get("statuses").items(), 1)
    ]
    return table("statuses", _columns(_STATUS), rows)


def _columns(columns: Mapping[str, Kind]) -> tuple[Column, ...]:
    return tuple(Column(name, what) for name, what in columns.items())


def _cell(node: Node) -> Cell:
    """One value as it is, and lists as text. Empty cells are allowed in a table for people."""
    value = node.value
    if isinstance(value, str):
        return node.text()
    if isinstance(value, list):
        return ", ".join(_word(item) for item in node.items())
    return value if isinstance(value, bool | int | float) else None


def _word(item: Node) -> str:
    """A status's label; for an event of a webhook, the object and the action."""
    if isinstance(item.value, Mapping):
        parts = [item.get(name).text_or_none() for name in ("label", "object_type", "action")]
        return ".".join(part for part in parts if part)
    return str(item.value)
