"""The console as an ASGI application of its own. `site` mounts it at /console."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from worker.domain.access import TokenScope
from worker.flow.services import Services
from worker.web.console import acts
from worker.web.console.alerts import alerts_page
from worker.web.console.door import Act, ConsoleDoor, Page, root_of, wording
from worker.web.console.lists import audit_page, explain_page, subscriptions_page
from worker.web.console.message import message
from worker.web.console.overview import overview
from worker.web.console.page import bare
from worker.web.console.run import run_page
from worker.web.console.runs import runs_page
from worker.web.console.schedules import schedule_page, schedules_page

PAGES: tuple[tuple[str, Page], ...] = (
    ("/", overview),
    ("/schedules", schedules_page),
    ("/schedule/{schedule:path}", schedule_page),
    ("/runs", runs_page),
    ("/run/{run:path}", run_page),
    ("/explain/{run:path}", explain_page),
    ("/message/{delivery:path}", message),
    ("/alerts", alerts_page),
    ("/subscriptions", subscriptions_page),
    ("/audit", audit_page),
)

ACTS: tuple[tuple[str, TokenScope, Act], ...] = (
    ("trigger", TokenScope.TRIGGER, acts.trigger),
    ("pause", TokenScope.MANAGE, acts.pause),
    ("resume", TokenScope.MANAGE, acts.resume),
    ("retry", TokenScope.MANAGE, acts.retry),
    ("settle", TokenScope.MANAGE, acts.settle),
    ("acknowledge", TokenScope.MANAGE, acts.acknowledge),
    ("unacknowledge", TokenScope.MANAGE, acts.unacknowledge),
    ("snooze", TokenScope.MANAGE, acts.snooze),
    ("silence", TokenScope.MANAGE, acts.silence),
    ("expire", TokenScope.MANAGE, acts.expire),
)
"""By name, with the scope that a token needs: those of the API."""


def console(uses: Services, monotonic: Callable[[], float]) -> Starlette:
    """`monotonic`: seconds, for the age of sessions and the pace of sign-ins."""
    door = ConsoleDoor(uses, monotonic)
    routes = [
        Route("/sign-in", door.sign_in, methods=["GET", "POST"]),
        Route("/sign-out", door.sign_out, methods=["POST"]),
        *(Route(path, door.page(page), methods=["GET"]) for path, page in PAGES),
        *(Route(f"/acts/{name}", door.act(scope, do), methods=["POST"]) for name, scope, do in ACTS),
    ]
    app = Starlette(routes=routes, exception_handlers={404: _nothing, 405: _nothing})
    app.router.redirect_slashes = False
    return app


async def _nothing(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return bare(wording(request), root_of(request), "trouble", {"title": "not_found", "sentence": ""}, status)
