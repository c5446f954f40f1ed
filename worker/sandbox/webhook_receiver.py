"""A receiver of webhooks as required by Standard Webhooks: it verifies, and accepts each id once.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from worker.sandbox.outbox import Outbox

ROOT = "/webhook"
SECRET = "whsec_b25seSBmb3IgdGhlIHNhbmRib3ggb24gbG9vcGJhY2s="  # noqa: S105  # opens nothing but this stand-in


class WebhookReceiver:
    """POST /webhook/<name>. `arrived`: how often each id came with a valid signature. A message is stored when its id
    comes for the first time; later ones get the same answer and are dropped.
    """

    def __init__(self, outbox: Outbox, now: Callable[[], datetime]) -> None:
        self.arrived: Counter[str] = Counter()
        self._bodies: dict[str, str] = {}
        self._outbox = outbox
        self._now = now
        self._key = Webhook(SECRET)

    def routes(self) -> list[Route]:
        return [Route(f"{ROOT}/{{name}}", self.take, methods=["POST"])]

    async def take(self, request: Request) -> Response:
        raw = await request.body()
        try:
            self._key.verify(raw, dict(request.headers))
        except (WebhookVerificationError, ValueError) as error:
            return PlainTextResponse(f"not verified: {error}", 401)
        message, sha256 = request.headers["webhook-id"], hashlib.sha256(raw).hexdigest()
        if self._bodies.setdefault(message, sha256) != sha256:
            return PlainTextResponse("the same id with another body", 409)
        self.arrived[message] += 1
        if self.arrived[message] == 1:
            meta = {"id": message, "name": request.path_params["name"]}
            self._outbox.keep("webhook", request.path_params["name"], raw, self._now(), meta)
        return PlainTextResponse("taken")
