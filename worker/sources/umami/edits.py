"""Reads, creates, changes and deletes saved reports for the command line."""

import json
from collections.abc import Mapping
from typing import Any

from worker.domain.snapshot.snapshot import Column, Kind, Row, Table, table
from worker.errors import RequestError
from worker.sources.common import edits
from worker.sources.umami.catalog import UmamiCatalog
from worker.sources.umami.saved import Saved
from worker.sources.umami.values import UUID

_CHANGED = ("name", "description", "parameters")
VERBS: edits.Verbs = {
    "reports": {"create": ("websiteId", "type", *_CHANGED), "read": (), "update": _CHANGED, "delete": ()}
}
_COLUMNS = (
    Column("type", Kind.TEXT),
    Column("name", Kind.TEXT),
    Column("website_id", Kind.ID),
    Column("description", Kind.TEXT),
    Column("parameters", Kind.JSON),
    Column("updated_at", Kind.INSTANT),
)


async def apply(catalog: UmamiCatalog, kind: str, verb: str, key: str, values: Mapping[str, Any]) -> Table | None:
    """Carries out one of VERBS, with values as typed. Raises RequestError for invalid values, SourceError."""
    edits.fitting(VERBS, kind, verb, key, values)
    if verb == "create":
        return _one(await _create(catalog, values))
    if verb == "update":
        return _one(await _update(catalog, key, values))
    if verb == "read":
        return _one(await catalog.report(_id(key)))
    await catalog.delete(_id(key))
    return None


async def _create(catalog: UmamiCatalog, values: Mapping[str, Any]) -> Saved:
    website, kind, name = (edits.text(values, key, required=True) or "" for key in ("websiteId", "type", "name"))
    parameters = edits.mapping(values, "parameters", required=True) or {}
    return await catalog.create(website, kind, name, parameters, str(values.get("description") or ""))


async def _update(catalog: UmamiCatalog, key: str, values: Mapping[str, Any]) -> Saved:
    name, description = edits.text(values, "name"), values.get("description")
    told, parameters = None if description is None else str(description), edits.mapping(values, "parameters")
    return await catalog.update(_id(key), name=name, description=told, parameters=parameters)


def _id(key: str) -> str:
    """Umami answers an id that is no uuid with an empty 500, which would be tried three times. Raises RequestError."""
    if not UUID.fullmatch(key):
        raise RequestError(f"reports: {key[:40]!r} is no id: copy it from `funnelbeat source NAME reports`")
    return key


def _one(report: Saved) -> Table:
    parameters = json.dumps(report.parameters, ensure_ascii=False)
    cells = (report.type, report.name, report.website, report.description, parameters, report.updated_at)
    return table("reports", _COLUMNS, [Row(report.id, cells)])
