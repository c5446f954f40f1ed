"""What an account holds, and saved reports made, changed and deleted: for a person at a command line.

Nothing here is used by a run. A write is sent once: whether one was applied whose answer got lost, only a look can say.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from worker.domain.snapshot.snapshot import Column, Kind, Row, Table, table
from worker.errors import RequestError, SourceIncomplete, SourceRefused
from worker.sources.common.listing import fitting, settled
from worker.sources.common.parse import Node
from worker.sources.umami import saved, sites
from worker.sources.umami.client import UmamiClient, UmamiRequest
from worker.sources.umami.saved import Saved
from worker.sources.umami.sites import Site

KINDS = ("websites", "reports", "segments", "cohorts")
PAGE = 100
MOST_PAGES = 1_000

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

    async def holds(self, kind: str) -> Table:
        """One of KINDS as a table keyed by the service's ids. Raises RequestError for any other word."""
        tables: Mapping[str, Callable[[], Awaitable[Table]]] = {
            "websites": self._websites,
            "reports": self._reports,
            "segments": lambda: self._segments("segment", "segments"),
            "cohorts": lambda: self._segments("cohort", "cohorts"),
        }
        if kind not in tables:
            raise RequestError(f"umami holds no {kind}: write one of {', '.join(KINDS)}")
        return await tables[kind]()

    async def websites(self) -> tuple[Site, ...]:
        """Those of the account and of all its teams, each once, by name: plain membership shows only in the team."""
        found = {site.id: site for site in await self._sites("/websites", {"includeTeams": "true"})}
        for team in await self._every("/teams", {}):
            path = f"/teams/{quote(team.get('id').id(), safe='')}/websites"
            found |= {site.id: site for site in await self._sites(path, {}, "/teams/{id}/websites")}
        return tuple(sorted(found.values(), key=lambda site: (site.name.casefold(), site.id)))

    async def reports(self, website: str, kind: str | None = None) -> tuple[Saved, ...]:
        """The saved reports of one website, by name; `kind`: of one type."""
        params = {"websiteId": website} | ({"type": kind} if kind else {})
        found = [saved.read(node) for node in await self._every("/reports", params)]
        return tuple(sorted(found, key=lambda report: (report.name.casefold(), report.id)))

    async def report(self, report: str) -> Saved:
        return await saved.load(self._client, report)

    async def create(
        self, website: str, kind: str, name: str, parameters: Mapping[str, Any], description: str = ""
    ) -> Saved:
        """A new saved report. The server does not look at its parameters; `funnelbeat check` cannot either."""
        body = _body(website, kind, name, description, parameters)
        return saved.read(await self._client.read(UmamiRequest("POST", "/reports", json=body, once=True)))

    async def update(
        self,
        report: str,
        *,
        name: str | None = None,
        description: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Saved:
        """What is not given stays: Umami itself replaces the whole report."""
        old = await self.report(report)
        body = _body(
            old.website,
            old.type,
            old.name if name is None else name,
            (old.description or "") if description is None else description,
            old.parameters if parameters is None else parameters,
        )
        request = UmamiRequest("POST", _path(report), json=body, name=saved.ENDPOINT, once=True)
        return saved.read(await self._client.read(request))

    async def delete(self, report: str) -> None:
        """Raises SourceRefused with status 404 for one that is not there."""
        request = UmamiRequest("DELETE", _path(report), name=saved.ENDPOINT, once=True)
        answer = await self._client.read(request)
        if answer.get("ok").value is not True:
            raise answer.get("ok").wrong("true")

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
        """Every row of a list, once. Raises SourceIncomplete where it is not as long as the server counts."""
        return await settled(lambda: self._pages(path, params, name))

    async def _pages(self, path: str, params: Mapping[str, str], name: str) -> list[Node]:
        """One reading, page after page: past the last one Umami gives an empty page and no error. What comes or goes
        meanwhile shows in the count of the first and of the last page, or as a row that comes twice.
        """
        endpoint, found, counts = f"GET {name or path}", list[Node](), list[int]()
        for page in range(1, MOST_PAGES + 1):
            asked = {**params, "page": str(page), "pageSize": str(PAGE)}
            answer = await self._client.read(UmamiRequest("GET", path, params=asked, name=name))
            rows, size = list(answer.get("data").items()), answer.get("pageSize")
            found += rows
            counts.append(answer.get("count").whole())
            if not rows or page * (PAGE if size.absent else size.whole()) >= counts[-1]:
                for count in {counts[0], counts[-1]}:
                    fitting(endpoint, [row.get("id").id() for row in found], count)
                return found
        raise SourceIncomplete(endpoint, f"a list of more than {MOST_PAGES} pages is too long to read")


def _path(report: str) -> str:
    if not report.strip():
        raise SourceRefused(f"POST {saved.ENDPOINT}", "no report is named", status=400)
    return f"/reports/{quote(report, safe='')}"


def _body(website: str, kind: str, name: str, description: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    if kind not in saved.TYPES:
        raise RequestError(f"umami saves no {kind} reports: write one of {', '.join(saved.TYPES)}")
    return {
        "websiteId": website,
        "type": kind,
        "name": name,
        "description": description,
        "parameters": dict(parameters),
    }
