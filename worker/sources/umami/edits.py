"""Saved reports looked at, made, changed and deleted by somebody who typed it."""

import json
from collections.abc import Mapping
from typing import Any

from worker.domain.snapshot.snapshot import Column, Kind, Row, Table, table
from worker.sources.common import edits
from worker.sources.umami.catalog import UmamiCatalog
from worker.sources.umami.saved import Saved

_CHANGED = ("name", "description", "parameters")
VERBS: edits.Verbs = {
    "reports": {"create": ("websiteId", "type", *_CHANGED), "read": (), "update": _CHANGED, "delete": ()}
}
_COLUMNS = (
    Column("type", Kind.TEXT),
    Column("name", Kind.TEXT),
    Column("website_id", Kind.ID),
    Column("description", Kind.TEXT),
    Column("parameters", Kind.TEXT),
    Column("updated_at", Kind.INSTANT),
)


async def apply(catalog: UmamiCatalog, kind: str, verb: str, key: str, values: Mapping[str, Any]) -> Table | None:
    """One of VERBS, with values as they were typed. Raises RequestError for what does not fit, SourceError."""
    edits.fitting(VERBS, kind, verb, key, values)
    if verb == "create":
        return _one(await _create(catalog, values))
    if verb == "read":
        return _one(await catalog.report(key))
    if verb == "update":
        name, description = edits.text(values, "name"), values.get("description")
        changed = await catalog.update(
            key,
            name=name,
            description=None if description is None else str(description),
            parameters=edits.mapping(values, "parameters"),
        )
        return _one(changed)
    await catalog.delete(key)
    return None


async def _create(catalog: UmamiCatalog, values: Mapping[str, Any]) -> Saved:
    website, kind, name = (edits.text(values, key, required=True) or "" for key in ("websiteId", "type", "name"))
    parameters = edits.mapping(values, "parameters", required=True) or {}
    return await catalog.create(website, kind, name, parameters, str(values.get("description") or ""))


def _one(report: Saved) -> Table:
    parameters = json.dumps(report.parameters, ensure_ascii=False)
    cells = (report.type, report.name, report.website, report.description, parameters, report.updated_at)
    return table("reports", _COLUMNS, [Row(report.id, cells)])
