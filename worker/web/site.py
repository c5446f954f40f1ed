"""Everything that `funnelbeat web` serves, as one ASGI application. Each part can be left out."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp

from worker.documents.doctor import findings_document
from worker.domain.links import CONSOLE
from worker.flow.operate.ready import is_ready, readiness
from worker.flow.services import Services
from worker.web.api.app import PREFIX, api
from worker.web.api.drafts import CheckDraft
from worker.web.api.problem import TITLES, problem
from worker.web.bounces import BounceReports
from worker.web.chat.app import PREFIX as CHAT
from worker.web.chat.app import chat
from worker.web.console.app import console
from worker.web.hooks.app import PREFIX as HOOKS
from worker.web.hooks.app import hooks
from worker.web.limits import Limits
from worker.web.links import application
from worker.web.metrics import PATH as METRICS
from worker.web.metrics import MetricsPage
from worker.web.request_ids import RequestIds


@dataclass(frozen=True, slots=True)
class SiteUses:
    """What the parts are made of. `project`: its name. `check`: for definitions that come in a request."""

    uses: Services
    project: str
    check: CheckDraft
    monotonic: Callable[[], float] = time.monotonic


def _links(of: SiteUses) -> list[BaseRoute]:
    return [Mount("/", application(of.uses, of.monotonic))]


def _api(of: SiteUses) -> list[BaseRoute]:
    return [Mount(PREFIX, api(of.uses, of.monotonic, of.project, of.check))]


def _bounces(of: SiteUses) -> list[BaseRoute]:
    return [Route("/bounces/{channel}", BounceReports(of.uses).post, methods=["POST"])]


def _hooks(of: SiteUses) -> list[BaseRoute]:
    return [Mount(HOOKS, hooks(of.uses))]


def _chat(of: SiteUses) -> list[BaseRoute]:
    return [Mount(CHAT, chat(of.uses, of.monotonic))]


def _console(of: SiteUses) -> list[BaseRoute]:
    return [
        Route("/", _to_console, methods=["GET"]),
        Route(CONSOLE, _to_console, methods=["GET"]),
        Mount(CONSOLE, console(of.uses, of.monotonic, of.project, of.check)),
    ]


def _metrics(of: SiteUses) -> list[BaseRoute]:
    return [Route(METRICS, MetricsPage(of.uses, of.monotonic).get, methods=["GET"])]


PARTS: Mapping[str, Callable[[SiteUses], list[BaseRoute]]] = {
    "api": _api,
    "console": _console,
    "hooks": _hooks,
    "chat": _chat,
    "bounces": _bounces,
    "metrics": _metrics,
    "links": _links,
}
"""In the order in which paths are matched: links get the paths that no other part matched. They include bounces."""


def site(served: SiteUses, parts: Collection[str] = tuple(PARTS)) -> ASGIApp:
    """`parts`: names of PARTS. /health and /ready are always there."""
    probes = [Route("/health", _health, methods=["GET"]), Route("/ready", _Ready(served.uses).answer, methods=["GET"])]
    chosen = [route for name, make in PARTS.items() if name in parts for route in make(served)]
    nothing = problem(404, "not_found", TITLES[404])
    return RequestIds(Limits(Router([*probes, *chosen], redirect_slashes=False, default=nothing)))


async def _to_console(_request: Request) -> Response:
    return RedirectResponse(f"{CONSOLE}/", headers=_HEADERS)


async def _health(_request: Request) -> Response:
    """Says that this process answers. It checks nothing else, so that an outage of Redis does not restart it."""
    return PlainTextResponse("ok\n", headers=_HEADERS)


class _Ready:
    """Whether the whole installation works, for load balancers and monitors."""

    def __init__(self, uses: Services) -> None:
        self._uses = uses

    async def answer(self, _request: Request) -> Response:
        found = await readiness(self._uses)
        ready = is_ready(found)
        document = {"ready": ready, "findings": findings_document(found)}
        return JSONResponse(document, 200 if ready else 503, headers=_HEADERS)


_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
