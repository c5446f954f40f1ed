"""Webhooks of the stand-in for Pipedrive: created, listed, deleted. Nothing is posted."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from worker.sandbox import pipedrive_filters as filters

REQUIRED = ("subscription_url", "event_action", "event_object", "name")
OPTIONAL = ("version", "user_id", "http_auth_user", "http_auth_password")
MOST = 40
"""The maximum of webhooks of one user."""


class PipedriveWebhooks:
    """`held`: by id, with the password."""

    def __init__(self) -> None:
        self.held: dict[int, dict[str, Any]] = {}
        self._last = 0

    async def listed(self, _request: Request) -> Response:
        rows = [{**one, "http_auth_password": None} for one in self.held.values()]
        return JSONResponse({"status": "ok", "success": True, "data": rows})

    async def add(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            raise filters.PipedriveRefusal("body: Invalid JSON") from None
        wrong = [name for name in REQUIRED if not isinstance(body.get(name), str) or not body[name]]
        wrong += [name for name in body if name not in (*REQUIRED, *OPTIONAL)]
        if wrong or len(self.held) >= MOST:
            errors = {name: ["invalid"] for name in wrong} or {"webhooks": ["limit reached"]}
            return JSONResponse({"status": "error", "success": False, "errors": errors}, 400 if wrong else 422)
        self._last += 1
        made = {"id": self._last, "type": "general", "is_active": 1, "version": "2.0", **body}
        self.held[self._last] = made
        return JSONResponse({"status": "ok", "success": True, "data": made}, 201)

    async def drop(self, request: Request) -> Response:
        if self.held.pop(filters.whole(request.path_params["id"], "id"), None) is None:
            raise filters.PipedriveRefusal("Webhook not found", 404)
        return JSONResponse({"status": "ok", "success": True})
