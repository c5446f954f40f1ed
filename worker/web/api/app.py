"""The API under /api/v1, described by OpenAPI 3.1 at /api/v1/openapi.json."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from worker import __version__
from worker.flow.services import Services
from worker.web.api.access import access
from worker.web.api.alerts import alert_changes, alert_reads
from worker.web.api.baselines import baselines
from worker.web.api.changes import changes
from worker.web.api.digests import digests
from worker.web.api.drafts import CheckDraft, drafts
from worker.web.api.events import events
from worker.web.api.guard import Guard
from worker.web.api.message_schema import add_message_schemas
from worker.web.api.parameter_schema import describe_parameters_without_null
from worker.web.api.previews import previews
from worker.web.api.problem import MEDIA_TYPE, handle_errors
from worker.web.api.reads import reads
from worker.web.api.run_reads import run_reads
from worker.web.api.shapes.base import Problem
from worker.web.api.snapshots import snapshots
from worker.web.api.subscription_changes import subscription_changes

PREFIX = "/api/v1"

_PROBLEM: dict[str, Any] = {"model": Problem, "content": {MEDIA_TYPE: {}}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {**_PROBLEM, "description": words}
    for status, words in (
        (400, "The request cannot be read."),
        (401, "Without a token, or with one that is not valid."),
        (403, "The token does not allow it."),
        (404, "What the path names is not there."),
        (408, "The body came too slowly."),
        (409, "Something changed meanwhile: ask again."),
        (412, "What If-Match names is no longer deployed."),
        (413, "The body is too long."),
        (422, "The request is wrong; `detail` says what was found and what is expected."),
        (429, "Too many requests; Retry-After says when to come again, in seconds."),
        (500, "An internal error; the log says more under the id in `request`."),
        (502, "Another service failed."),
        (503, "Redis or the broker cannot be reached."),
    )
}


def api(uses: Services, monotonic: Callable[[], float], project: str, check: CheckDraft) -> FastAPI:
    """`project`: the name of the one that is served."""
    app = FastAPI(
        title="Funnelbeat",
        version=__version__,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=PROBLEMS,
        generate_unique_id_function=lambda route: route.name,
    )
    guard = Guard(uses, monotonic)
    # The parts with more words in their paths come first: an id may hold a slash.
    routers = (
        subscription_changes(uses, guard),
        baselines(uses, guard),
        changes(uses, guard),
        events(uses, guard),
        access(uses, guard),
        drafts(uses, project, check, guard),
        previews(uses, project, check, guard),
        digests(uses, guard),
        alert_changes(uses, guard),
        alert_reads(uses, guard),
        snapshots(uses, guard),
        run_reads(uses, guard),
        reads(uses, guard),
    )
    for router in routers:
        app.include_router(router)
    add_message_schemas(app)
    describe_parameters_without_null(app)
    handle_errors(app)
    return app
