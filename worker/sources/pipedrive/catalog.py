"""Lists the objects of an account, and creates, changes and deletes pipelines for `funnelbeat source`.

Runs do not use this module, because a schedule only reads.
"""

from collections.abc import Mapping
from typing import Any

from worker.domain.known_names import known_names
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Row, Table, table
from worker.errors import RequestError, SourceShapeChanged
from worker.sources.common import edits
from worker.sources.common.parse import Node
from worker.sources.pipedrive import costs
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest
from worker.sources.pipedrive.pages import PipedriveListing

_TEXT, _INT, _BOOL = Kind.TEXT, Kind.INT, Kind.BOOL
KINDS: Mapping[str, tuple[str, Mapping[str, Kind]]] = {
    "pipelines": (
        costs.PIPELINES,
        {"name": _TEXT, "order_nr": _INT, "is_deleted": _BOOL, "is_deal_probability_enabled": _BOOL},
    ),
    "stages": (
        costs.STAGES,
        dict.fromkeys(("pipeline_id", "order_nr", "deal_probability", "days_to_rotten"), _INT)
        | {"name": _TEXT, "is_deal_rot_enabled": _BOOL},
    ),
    "users": (
        costs.USERS,
        {"name": _TEXT, "email": _TEXT, "active_flag": _BOOL, "default_currency": _TEXT, "timezone_name": _TEXT},
    ),
    "currencies": (
        costs.CURRENCIES,
        dict.fromkeys(("code", "name", "symbol"), _TEXT)
        | {"decimal_points": _INT, "is_custom_flag": _BOOL, "active_flag": _BOOL},
    ),
    "filters": (costs.FILTERS, {"name": _TEXT, "type": _TEXT, "active_flag": _BOOL}),
    "webhooks": (
        costs.WEBHOOKS,
        dict.fromkeys(("name", "event_action", "event_object", "version", "subscription_url"), _TEXT)
        | {"is_active": _INT},
    ),
}
"""Kind → endpoint and the fields that become columns. The password of a webhook is left out."""
LONGEST_NAME = 255
_VALUES = ("name", "is_deal_probability_enabled")
VERBS: edits.Verbs = {"pipelines": {"create": _VALUES, "update": _VALUES, "delete": ()}}


async def holds(client: PipedriveClient, kind: str) -> Table:
    """Everything of one kind, keyed by id. Raises RequestError for an unknown kind, SourceError."""
    if kind not in KINDS:
        raise RequestError(f"pipedrive has no list {kind!r}; {known_names(kind, KINDS)}")
    endpoint, columns = KINDS[kind]
    shape = tuple(Column(name, what) for name, what in columns.items())
    if endpoint.startswith("GET /api/v2/"):
        nodes = await PipedriveListing(client, PipedriveRequest(endpoint)).rows(lambda node: node)
    else:
        data = (await client.read(PipedriveRequest(endpoint))).get("data")
        nodes = [] if data.value is None else [node.object() for node in data.items()]
    rows = [Row(node.get("id").number_id(), tuple(_cell(node.get(column.name)) for column in shape)) for node in nodes]
    return table(kind, shape, rows)


async def apply(client: PipedriveClient, kind: str, verb: str, key: str, values: Mapping[str, Any]) -> Table | None:
    """Carries out one of VERBS, with values as typed. Raises RequestError for invalid values, SourceError."""
    edits.fitting(VERBS, kind, verb, key, values)
    likely = edits.flag(values, "is_deal_probability_enabled")
    if verb == "create":
        name = edits.text(values, "name", required=True) or ""
        return await create_pipeline(client, name, is_deal_probability_enabled=likely)
    if verb == "update":
        return await update_pipeline(client, key, name=edits.text(values, "name"), is_deal_probability_enabled=likely)
    await delete_pipeline(client, key)
    return None


async def create_pipeline(
    client: PipedriveClient, name: str, *, is_deal_probability_enabled: bool | None = None
) -> Table:
    """Creates a pipeline, which becomes the last in order. Raises RequestError, SourceError."""
    body: dict[str, Any] = {"name": _named(name)}
    if is_deal_probability_enabled is not None:
        body["is_deal_probability_enabled"] = is_deal_probability_enabled
    return _one(await client.read(PipedriveRequest(costs.ADD_PIPELINE, json=body)))


async def update_pipeline(
    client: PipedriveClient, pipeline: str, *, name: str | None = None, is_deal_probability_enabled: bool | None = None
) -> Table:
    """Changes a pipeline and returns it. Raises RequestError if there is nothing to change, SourceError."""
    body: dict[str, Any] = {}
    if name is not None:
        body["name"] = _named(name)
    if is_deal_probability_enabled is not None:
        body["is_deal_probability_enabled"] = is_deal_probability_enabled
    if not body:
        raise RequestError("nothing to change: write a name or is_deal_probability_enabled")
    return _one(await client.read(PipedriveRequest(costs.EDIT_PIPELINE, id=_id(pipeline), json=body)))


async def delete_pipeline(client: PipedriveClient, pipeline: str) -> None:
    """Marks a pipeline as deleted. Pipedrive purges it after thirty days. Raises RequestError, SourceError."""
    answer = await client.read(PipedriveRequest(costs.DROP_PIPELINE, id=_id(pipeline)))
    gone = answer.get("data").get("id").number_id()
    if gone != pipeline:
        raise SourceShapeChanged(costs.DROP_PIPELINE, "data.id", f"expected {pipeline}, found {gone}")


def _named(name: str) -> str:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise RequestError(f"a pipeline's name: expected one line of 1 to {LONGEST_NAME} characters")
    return name


def _id(pipeline: str) -> str:
    """The id for a path, which it must not extend."""
    if not (pipeline.isascii() and pipeline.isdigit()):
        raise RequestError("a pipeline's id: expected digits")
    return pipeline


def _one(answer: Node) -> Table:
    columns = KINDS["pipelines"][1]
    node = answer.get("data").object()
    shape = tuple(Column(name, what) for name, what in columns.items())
    cells = tuple(_cell(node.get(column.name)) for column in shape)
    return table("pipelines", shape, [Row(node.get("id").number_id(), cells)])


def _cell(node: Node) -> Cell:
    """A single value of any type. Empty cells are allowed in a table for people."""
    value = node.value
    if isinstance(value, str):
        return node.text()
    return value if isinstance(value, bool | int | float) else None
