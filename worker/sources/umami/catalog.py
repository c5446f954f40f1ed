"""Lists the objects of an account, and creates, changes and deletes saved reports, for a person at the command line.

Runs do not use this module. A write is sent once; if its answer is lost, only reading again shows whether it was
applied.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from worker.domain.known_names import known_names
from worker.domain.snapshot.snapshot import Column, Kind, Row, Table, table
from worker.errors import RequestError, SourceRefused
from worker.sources.common.parse import Node
from worker.sources.umami import saved, sites
from worker.sources.umami.client import UmamiClient
from worker.sources.umami.lists import every
from worker.sources.umami.saved import Saved
from worker.sources.umami.saved_reports import SavedReports
from worker.sources.umami.sites import Site

KINDS = ("websites", "reports", "segments", "cohorts")

_WEBSITE = (Column("name", Kind.TEXT), Column("domain", Kind.TEXT))
_REPORT = (
    Column("type", Kind.TEXT),
    Column("name", Kind.TEXT),
    Column("website_id", Kind.ID),
    Column("website", Kind.TEXT),
    Column("updated_at", Kind.INSTANT),
)
_SEGMENT = (Column("name", Kind.TEXT), Column("website_id", Kind.ID), Column("website", Kind.TEXT))


class UmamiCatalog:
    """Every method raises SourceError."""

    def __init__(self, client: UmamiClient) -> None:
        self._client = client
        self._saved = SavedReports(client, self.websites)

    async def holds(self, kind: str) -> Table:
        """One of KINDS as a table keyed by the service's ids. Raises RequestError for any other kind."""
        tables: Mapping[str, Callable[[], Awaitable[Table]]] = {
            "websites": self._websites,
            "reports": self._reports,
            "segments": lambda: self._segments("segment", "segments"),
            "cohorts": lambda: self._segments("cohort", "cohorts"),
        }
        if kind not in tables:
            raise RequestError(f"umami has no list {kind!r}; {known_names(kind, KINDS)}")
        return await tables[kind]()

    async def websites(self) -> tuple[Site, ...]:
        """The websites of the account and all its teams, each once, sorted by name. The websites of a team in which the
        account is a plain member are only in the team's list.
        """
        found = {site.id: site for site in await self._sites("/websites", {"includeTeams": "true"})}
        for team in await self._every("/teams", {}):
            path = f"/teams/{quote(team.get('id').id(), safe='')}/websites"
            found |= {site.id: site for site in await self._sites(path, {}, "/teams/{id}/websites")}
        return tuple(sorted(found.values(), key=lambda site: (site.name.casefold(), site.id)))

    async def reports(self, website: str, kind: str | None = None) -> tuple[Saved, ...]:
        """The saved reports of one website, sorted by name. `kind`: only of this type."""
        found = await self._saved.of(website, kind)
        return tuple(sorted(found, key=lambda report: (report.name.casefold(), report.id)))

    async def report(self, report: str) -> Saved:
        return await self._saved.one(report)

    async def create(
        self, website: str, kind: str, name: str, parameters: Mapping[str, Any], description: str = ""
    ) -> Saved:
        """Makes a saved report. Neither a server with /reports nor `funnelbeat check` checks its parameters."""
        if kind not in saved.TYPES:
            raise RequestError(f"umami saves no {kind} reports: write one of {', '.join(saved.TYPES)}")
        return await self._saved.create(website, kind, _body(name, description, parameters))

    async def update(
        self,
        report: str,
        *,
        name: str | None = None,
        description: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Saved:
        """Values that are not given stay the same. Umami itself would replace the whole report."""
        old = await self.report(_asked(report))
        body = _body(
            old.name if name is None else name,
            (old.description or "") if description is None else description,
            old.parameters if parameters is None else parameters,
        )
        return await self._saved.update(old, body)

    async def delete(self, report: str) -> None:
        """Raises SourceRefused with status 404 if there is no such report."""
        await self._saved.delete(_asked(report))

    async def _websites(self) -> Table:
        found = await self.websites()
        return table("websites", _WEBSITE, [Row(site.id, (site.name, site.domain)) for site in found])

    async def _reports(self) -> Table:
        rows = {
            report.id: Row(report.id, (report.type, report.name, site.id, site.name, report.updated_at))
            for site in await self.websites()
            for report in await self.reports(site.id)
        }
        return table("reports", _REPORT, rows.values())

    async def _segments(self, kind: str, table_id: str) -> Table:
        rows: dict[str, Row] = {}
        for site in await self.websites():
            path = f"/websites/{quote(site.id, safe='')}/segments"
            found = await self._every(path, {"type": kind}, "/websites/{id}/segments")
            cells = {node.get("id").id(): (node.get("name").text(), site.id, site.name) for node in found}
            rows |= {segment: Row(segment, told) for segment, told in cells.items()}
        return table(table_id, _SEGMENT, rows.values())

    async def _sites(self, path: str, params: Mapping[str, str], name: str = "") -> Iterable[Site]:
        return map(sites.read, await self._every(path, params, name))

    async def _every(self, path: str, params: Mapping[str, str], name: str = "") -> list[Node]:
        return await every(self._client, path, params, name)


def _asked(report: str) -> str:
    if not report.strip():
        raise SourceRefused(f"POST {saved.ENDPOINT}", "no report is named", status=400)
    return report


def _body(name: str, description: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "description": description, "parameters": dict(parameters)}
