"""Requests a report, by one POST below /reports, or by GETs below its website.

Version 3.4 has both. It calls the first legacy, without a date for its end
(https://github.com/umami-software/umami/blob/v3.4.0/docs/report-api-migration.md). The first is used as long as a
server has it, because it gives a report whole. The second takes up to six requests, between which visitors arrive.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from worker.sources.common.parse import Node
from worker.sources.umami import asking
from worker.sources.umami.asking import Dates, ReportRequest
from worker.sources.umami.client import UmamiClient, UmamiRequest
from worker.sources.umami.refusal import PathGone
from worker.together import together

_WHOLE: Mapping[str, str] = {
    "funnel": "funnels/stats",
    "goal": "goals/stats",
    "journey": "journeys",
    "retention": "retention",
    "attribution": "attribution",
    "breakdown": "breakdown",
}
"""Reports that one GET gives in the same form as the POST."""


@dataclass(frozen=True, slots=True)
class RoutePart:
    """`key` of a report's answer is what `path` gives for `type`, below the key `inner` if there is one."""

    key: str
    path: str
    type: str = ""
    inner: str = ""


_PARTS: Mapping[str, tuple[RoutePart, ...]] = {
    "revenue": (
        RoutePart("total", "revenue/stats"),
        RoutePart("chart", "revenue/chart", inner="chart"),
        *(RoutePart(name, "revenue/metrics", name) for name in ("country", "region", "referrer", "channel")),
    ),
    "performance": (
        RoutePart("summary", "performance/stats"),
        RoutePart("chart", "performance/chart", inner="chart"),
        RoutePart("pages", "performance/metrics", "path"),
        RoutePart("pageTitles", "performance/metrics", "title"),
        RoutePart("devices", "performance/metrics", "device"),
        RoutePart("browsers", "performance/metrics", "browser"),
    ),
    "utm": tuple(
        RoutePart(name, "utm/metrics", name)
        for name in ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
    ),
}


class Reports:
    """Answers of reports in one form, whichever paths the server has. The paths are detected once."""

    def __init__(self, client: UmamiClient) -> None:
        self._client = client
        self.moved = False

    async def answer(self, asked: ReportRequest, when: Dates) -> Node:
        """Raises SourceError. If a server has neither path, its refusal of the older one is raised."""
        if asked.report == "stats":
            return await self._client.read(_below(asked, "stats", asking.stats_params(asked, when)))
        if self.moved:
            return await self._by_website(asked, when)
        try:
            return await self._client.read(
                UmamiRequest("POST", f"/reports/{asked.report}", json=asking.body(asked, when))
            )
        except PathGone as gone:
            return await self._instead(gone, lambda: self._by_website(asked, when))

    async def _instead(self, gone: PathGone, ask: Callable[[], Any]) -> Node:
        try:
            found: Node = await ask()
        except PathGone:
            raise gone from None
        self.moved = True
        return found

    async def _by_website(self, asked: ReportRequest, when: Dates) -> Node:
        params = {**asking.stats_params(asked, when), **_texts(asked.parameters)}
        if asked.report in _WHOLE:
            return await self._client.read(_below(asked, _WHOLE[asked.report], params))
        parts = _PARTS[asked.report]
        found = await together(self._part(asked, part, params) for part in parts)
        answer = {part.key: value for part, value in zip(parts, found, strict=True)}
        return Node(f"GET /websites/{{id}}/{asked.report}", answer)

    async def _part(self, asked: ReportRequest, part: RoutePart, params: Mapping[str, str]) -> Any:
        kind = {"type": part.type} if part.type else {}
        found = await self._client.read(_below(asked, part.path, {**params, **kind}))
        return found.get(part.inner).value if part.inner else found.value


def _below(asked: ReportRequest, path: str, params: Mapping[str, str]) -> UmamiRequest:
    whole = f"/websites/{quote(asked.website, safe='')}/{path}"
    return UmamiRequest("GET", whole, params=params, name=f"/websites/{{id}}/{path}")


def _texts(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Lists are sent as JSON, everything else as text."""
    return {
        name: json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, list) else str(value)
        for name, value in parameters.items()
    }
