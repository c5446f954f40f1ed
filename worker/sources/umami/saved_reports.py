"""Finds, creates, changes and deletes saved reports with the paths that the server has.

Version 3.4 has saved funnels and goals below their website as well and calls /reports legacy
(https://github.com/umami-software/umami/blob/v3.4.0/docs/report-api-migration.md). A server without /reports keeps no
other saved reports.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from worker.errors import RequestError, SourceRefused
from worker.sources.umami import saved
from worker.sources.umami.client import UmamiClient, UmamiRequest
from worker.sources.umami.lists import every
from worker.sources.umami.refusal import PathGone
from worker.sources.umami.saved import Saved
from worker.sources.umami.sites import Site

T = TypeVar("T")
BELOW: Mapping[str, str] = {"funnel": "funnels", "goal": "goals"}
"""Types that have a path below their website."""


class SavedReports:
    """`websites` lists those of the account. The paths of the server are detected once and kept. Every method raises
    SourceError. A write is sent once: a server that lacks its path has not applied it.
    """

    def __init__(self, client: UmamiClient, websites: Callable[[], Awaitable[Iterable[Site]]]) -> None:
        self._client = client
        self._websites = websites
        self._moved = False

    async def of(self, website: str, kind: str | None = None) -> list[Saved]:
        """Those of one website; `kind`: of one type."""
        params = {"websiteId": website} | ({"type": kind} if kind else {})
        kinds = sorted(BELOW if kind is None else {kind} & BELOW.keys())

        async def whole() -> list[Saved]:
            return [saved.read(node) for node in await every(self._client, "/reports", params)]

        async def below() -> list[Saved]:
            lists = [await every(self._client, _place(website, one), {}, _named(one)) for one in kinds]
            return [saved.read(node) for nodes in lists for node in nodes]

        return await self._either(whole, below)

    async def one(self, report: str) -> Saved:
        """Raises SourceRefused with status 404 if Umami answers that there is no such report."""
        return await self._either(lambda: saved.load(self._client, report), lambda: self._found(report))

    async def create(self, website: str, kind: str, body: Mapping[str, Any]) -> Saved:
        """`body`: name, description and parameters. Raises RequestError for a type that the server does not keep."""
        whole = {"websiteId": website, "type": kind, **body}
        return await self._either(
            lambda: self._write("/reports", whole), lambda: self._write(_place(website, kind), body, _named(kind))
        )

    async def update(self, old: Saved, body: Mapping[str, Any]) -> Saved:
        """`body` as in `create`, and complete: Umami replaces all of it."""
        whole = {"websiteId": old.website, "type": old.type, **body}
        return await self._either(
            lambda: self._write(f"/reports/{_quoted(old.id)}", whole, saved.ENDPOINT),
            lambda: self._write(_path(old), body, _named(old.type, "{id}")),
        )

    async def delete(self, report: str) -> None:
        """Raises SourceRefused with status 404 if there is no such report."""

        async def below() -> None:
            old = await self._found(report)
            await self._delete(_path(old), _named(old.type, "{id}"))

        await self._either(lambda: self._delete(f"/reports/{_quoted(report)}", saved.ENDPOINT), below)

    async def _either(self, whole: Callable[[], Awaitable[T]], below: Callable[[], Awaitable[T]]) -> T:
        """Uses the paths that the server has. If it has neither, its refusal of the older path is raised."""
        if self._moved:
            return await below()
        try:
            return await whole()
        except PathGone as gone:
            try:
                found = await below()
            except PathGone:
                raise gone from None
            self._moved = True
            return found

    async def _found(self, report: str) -> Saved:
        for site in await self._websites():
            for kind in BELOW:
                found = await self._below(site.id, kind, report)
                if found is not None:
                    return found
        raise SourceRefused(f"GET {saved.ENDPOINT}", f"there is no saved report {report}", status=404)

    async def _below(self, website: str, kind: str, report: str) -> Saved | None:
        request = UmamiRequest("GET", f"{_place(website, kind)}/{_quoted(report)}", name=_named(kind, "{id}"))
        try:
            return saved.read(await self._client.read(request))
        except PathGone:
            raise
        except SourceRefused as refusal:
            if refusal.status != 404:
                raise
            return None

    async def _write(self, path: str, body: Mapping[str, Any], name: str = "") -> Saved:
        return saved.read(await self._client.read(UmamiRequest("POST", path, json=body, name=name, once=True)))

    async def _delete(self, path: str, name: str) -> None:
        answer = await self._client.read(UmamiRequest("DELETE", path, name=name, once=True))
        if answer.get("ok").value is not True:
            raise answer.get("ok").wrong("true")


def _place(website: str, kind: str) -> str:
    """The list of one type below a website. Raises RequestError for a type that has none."""
    if kind not in BELOW:
        told = f"write one of {', '.join(BELOW)}"
        raise RequestError(f"this Umami has no /reports and so saves no {kind} reports: {told}")
    return f"/websites/{_quoted(website)}/{BELOW[kind]}"


def _path(report: Saved) -> str:
    return f"{_place(report.website, report.type)}/{_quoted(report.id)}"


def _named(kind: str, *more: str) -> str:
    return "/".join(("/websites/{id}", BELOW.get(kind, kind), *more))


def _quoted(text: str) -> str:
    return quote(text, safe="")
