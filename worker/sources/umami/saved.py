"""Runs a report that was saved in Umami: its own parameters, with the dates of the run.

The server never checked these parameters, so they are checked before they are sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from worker.errors import SourceRefused
from worker.redact import redact
from worker.sources.common.parse import Node
from worker.sources.umami.client import UmamiClient, UmamiRequest
from worker.sources.umami.stored import NEEDED, wrong

TYPES = ("attribution", "breakdown", "funnel", "goal", "journey", "performance", "retention", "revenue", "utm")
ENDPOINT = "/reports/{id}"


@dataclass(frozen=True, slots=True)
class Saved:
    id: str
    website: str
    type: str
    name: str
    description: str | None
    parameters: Mapping[str, Any]
    updated_at: int | None
    secrets: tuple[str, ...] = field(default=(), repr=False, compare=False)


async def load(client: UmamiClient, report: str) -> Saved:
    """Raises SourceError; SourceRefused with status 404 if Umami says that there is no such report."""
    found = await client.read(UmamiRequest("GET", f"/reports/{quote(report, safe='')}", name=ENDPOINT))
    if found.value is None:
        raise SourceRefused(f"GET {ENDPOINT}", f"there is no saved report {report}", status=404)
    return read(found)


def read(found: Node) -> Saved:
    """Raises SourceShapeChanged."""
    return Saved(
        id=found.get("id").id(),
        website=found.get("websiteId").id(),
        type=found.get("type").text(),
        name=found.get("name").text(),
        description=found.get("description").text_or_none(),
        parameters=found.get("parameters").object().value,
        updated_at=found.get("updatedAt").instant_or_none(),
        secrets=found.secrets,
    )


def runnable(saved: Saved) -> Saved:
    """Raises SourceRefused for a type that cannot be run here, and for parameters that Umami would refuse or misread.
    For a goal of type `url`, which only version 2 had, it silently counts nothing.
    """
    if saved.type not in TYPES:
        shown = redact(saved.type, saved.secrets, 40)
        told = f"the saved report is of type {shown!r}, which cannot be run; it can be {', '.join(TYPES)}"
        raise SourceRefused(f"GET {ENDPOINT}", told, status=200)
    given = {name: value for name, value in saved.parameters.items() if value is not None}
    absent = [name for name in NEEDED.get(saved.type, ()) if not given.get(name)]
    if absent:
        told = f"the saved {saved.type} report has no {', '.join(absent)}: save it again in Umami"
        raise SourceRefused(f"GET {ENDPOINT}", told, status=200)
    for name, expected in wrong(saved.type, given):
        found = (
            f"{name}: found {redact(given[name], saved.secrets, 40)!r}"
            if isinstance(given[name], str)
            else f"{name}: found {given[name]}"
        )
        told = f"the saved {saved.type} report cannot be run: {redact(found, saved.secrets, 120)}, expected {expected}"
        raise SourceRefused(f"GET {ENDPOINT}", told, status=200)
    return replace(saved, parameters=given)
