"""Webhook subscriptions of the stand-in for Close: created, listed, deleted. Nothing is posted.

Only the answer of a POST has the key that signs requests, as recorded.
"""

import json
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from worker.sandbox import close_filters as filters

MOST = 40
"""The maximum of subscriptions of one organization."""


class CloseWebhooks:
    """`held`: by id, with the key."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}

    async def listed(self, request: Request) -> Response:
        limit, skip = filters.paging(request.query_params, filters.MAX_LIMIT)
        rows = [{name: v for name, v in one.items() if name != "signature_key"} for one in self.held.values()]
        return JSONResponse({"data": rows[skip : skip + limit], "has_more": skip + limit < len(rows)})

    async def add(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            raise filters.CloseRefusal(None, "The request body is not valid JSON.") from None
        url, events = body.get("url"), body.get("events")
        if not isinstance(url, str) or not url:
            raise filters.CloseRefusal("url", "This field is required.")
        if not isinstance(events, list) or not all({"object_type", "action"} <= set(one) for one in events):
            raise filters.CloseRefusal("events", "This field is required.")
        if len(self.held) >= MOST:
            raise filters.CloseRefusal(None, "Too many webhook subscriptions.")
        made = {
            "id": f"whsub_{secrets.token_hex(8)}",
            "url": url,
            "events": [{"extra_filter": None, **one} for one in events],
            "status": "active",
            "verify_ssl": body.get("verify_ssl", True),
            "signature_key": secrets.token_hex(32),
        }
        self.held[made["id"]] = made
        return JSONResponse(made, 201)

    async def drop(self, request: Request) -> Response:
        if self.held.pop(request.path_params["id"], None) is None:
            return JSONResponse({"error": "Not Found"}, 404)
        return Response(status_code=204)
