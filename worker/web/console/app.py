"""The console as an ASGI application of its own. `site` mounts it at /console."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from worker.domain.access import TokenScope
from worker.flow.services import Services
from worker.web.api.drafts import CheckDraft
from worker.web.console import acts
from worker.web.console.alert import alert_page, backtest_page
from worker.web.console.alerts import alerts_page
from worker.web.console.connections import checked_page, connections_page
from worker.web.console.deployments import deploy, deployments_page, plan_page, rollback, rollback_page
from worker.web.console.door import Act, AskedPage, ConsoleDoor, Page, root_of, wording
from worker.web.console.forms import LONGEST, LONGEST_DRAFT
from worker.web.console.history import history_page
from worker.web.console.lists import audit_page, explain_page
from worker.web.console.live import LiveEvents
from worker.web.console.message import message, previewed
from worker.web.console.moves import moves_csv, moves_page
from worker.web.console.overview import overview
from worker.web.console.page import bare
from worker.web.console.preview import preview_page
from worker.web.console.run import run_page
from worker.web.console.runs import runs_page
from worker.web.console.schedules import schedule_page, schedules_page
from worker.web.console.state import ConsoleState
from worker.web.console.subscriptions import pause_reader, resume_reader, subscribe, subscriptions_page, unsubscribe
from worker.web.failures import request_id

PAGES: tuple[tuple[str, Page], ...] = (
    ("/", overview),
    ("/schedules", schedules_page),
    ("/schedule/{schedule:path}", schedule_page),
    ("/history/{schedule:path}", history_page),
    ("/runs", runs_page),
    ("/run/{run:path}", run_page),
    ("/moves/{run:path}", moves_page),
    ("/moves.csv/{run:path}", moves_csv),
    ("/explain/{run:path}", explain_page),
    ("/message/{delivery:path}", message),
    ("/preview/{name}", previewed),
    ("/alerts", alerts_page),
    ("/alert/{fingerprint}", alert_page),
    ("/backtest/{rule:path}", backtest_page),
    ("/subscriptions", subscriptions_page),
    ("/deployments", deployments_page),
    ("/rollback/{bundle}", rollback_page),
    ("/connections", connections_page),
    ("/audit", audit_page),
)

ACTS: tuple[tuple[str, TokenScope, Act], ...] = (
    ("trigger", TokenScope.TRIGGER, acts.trigger),
    ("pause", TokenScope.MANAGE, acts.pause),
    ("resume", TokenScope.MANAGE, acts.resume),
    ("cancel", TokenScope.MANAGE, acts.cancel),
    ("retry", TokenScope.MANAGE, acts.retry),
    ("settle", TokenScope.MANAGE, acts.settle),
    ("acknowledge", TokenScope.MANAGE, acts.acknowledge),
    ("unacknowledge", TokenScope.MANAGE, acts.unacknowledge),
    ("snooze", TokenScope.MANAGE, acts.snooze),
    ("silence", TokenScope.MANAGE, acts.silence),
    ("expire", TokenScope.MANAGE, acts.expire),
    ("subscribe", TokenScope.SUBSCRIBE, subscribe),
    ("unsubscribe", TokenScope.SUBSCRIBE, unsubscribe),
    ("pause-reader", TokenScope.SUBSCRIBE, pause_reader),
    ("resume-reader", TokenScope.SUBSCRIBE, resume_reader),
    ("deploy", TokenScope.MANAGE, deploy),
    ("rollback", TokenScope.MANAGE, rollback),
)
"""By name, with the scope that a token needs: those of the API."""


ASKED: tuple[tuple[str, TokenScope, AskedPage, int], ...] = (
    ("preview", TokenScope.TRIGGER, preview_page, LONGEST),
    ("check", TokenScope.MANAGE, checked_page, LONGEST),
    ("plan", TokenScope.MANAGE, plan_page, LONGEST_DRAFT),
)
"""Pages that a form asks for, with the bytes that it may have. They change nothing."""


def console(uses: Services, monotonic: Callable[[], float], project: str, check: CheckDraft) -> Starlette:
    """`monotonic`: seconds, for the age of sessions and the pace of sign-ins. `project`: the one that is served.
    `check`: for definitions that come in a form.
    """
    door = ConsoleDoor(uses, monotonic, ConsoleState(project, check))
    routes = [
        Route("/sign-in", door.sign_in, methods=["GET", "POST"]),
        Route("/sign-out", door.sign_out, methods=["POST"]),
        *(Route(path, door.page(page), methods=["GET"]) for path, page in PAGES),
        Route("/events", LiveEvents(uses, door.valid).answer, methods=["GET"]),
        *(Route(f"/acts/{name}", door.act(scope, do), methods=["POST"]) for name, scope, do in ACTS),
        *(
            Route(f"/ask/{name}", door.asked_page(scope, make, longest), methods=["POST"])
            for name, scope, make, longest in ASKED
        ),
    ]
    app = Starlette(routes=routes, exception_handlers={404: _nothing, 405: _nothing, Exception: _fault})
    app.router.redirect_slashes = False
    return app


async def _nothing(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    values = {"title": "not_found", "sentence": "", "request": ""}
    return bare(wording(request), root_of(request), "trouble", values, status)


async def _fault(request: Request, _error: Exception) -> Response:
    """It is raised again, and the site around this logs it."""
    values = {"title": "fault", "sentence": "", "request": request_id(request)}
    return bare(wording(request), root_of(request), "trouble", values, 500)
