"""Describes the HTTP API as a page of the reference, read from its own description."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from worker.entry.draft import checked_draft
from worker.flow.services import Services
from worker.web.api.app import PREFIX, api

Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]


def api_pages(table: Table) -> Iterator[str]:
    """Parts of the page: the requests of each resource, with the scope that a token needs."""
    description = api(cast("Services", None), lambda: 0.0, "", checked_draft).openapi()  # nothing is asked for yet
    yield (
        f"Every request below `{PREFIX}`, with the scope that its token needs; `manage` allows all of them. "
        "`GET /openapi.json` describes them in full. [HTTP API](../api.md) explains them."
    )
    rows: dict[str, list[Sequence[str]]] = defaultdict(list)
    for path, operations in description["paths"].items():
        for method, one in operations.items():
            rows[one["tags"][0]].append(_row(method, path, one))
    for tag in sorted(rows):
        yield f"## {tag.capitalize()}"
        yield table(("request", "scope", "query", "what it does"), sorted(rows[tag], key=lambda row: row[0].split()[1]))


def _row(method: str, path: str, of: Mapping[str, Any]) -> Sequence[str]:
    [scope] = [role for one in of["security"] for roles in one.values() for role in roles]
    asked = [f"`{one['name']}`" for one in of.get("parameters", ()) if one["in"] == "query"]
    return f"`{method.upper()} {path}`", scope, " ".join(asked), " ".join(of["description"].split())
