"""Where mail services post bounces: POST /bounces/CHANNEL, signed as Standard Webhooks has it.

| status | for |
|---|---|
| 200 | a report that was dealt with, also one that changes nothing or came before; `followed` says what followed |
| 400 | a body that cannot be used |
| 401 | no signature, one that does not hold, or one of another time |
| 404 | a channel that takes no reports, and another method |
| 413 | a body past LONGEST_BODY |
| 503 | Redis cannot be used, or a secret is not set: the service posts again |

With any other status than 200, nothing was written.
"""

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from worker.documents.bounces import posted_document
from worker.errors import FunnelbeatError, PostRefused, SignatureRefused
from worker.flow.operate.posted_bounce import PostedUses, posted_bounce

LONGEST_BODY = 65_536
"""Bytes of a report. More is not read."""


class BounceReports:
    def __init__(self, uses: PostedUses) -> None:
        self._uses = uses

    async def post(self, request: Request) -> Response:
        channel = request.path_params["channel"]
        body = await _body(request)
        if body is None:
            return _refused(413, f"the body has more than {LONGEST_BODY} bytes")
        try:
            result = await posted_bounce(self._uses, channel, dict(request.headers), body)
        except SignatureRefused as error:
            return _refused(401, str(error))
        except PostRefused as error:
            return _refused(400, str(error))
        except FunnelbeatError as error:
            structlog.get_logger().error("bounce_failed", channel=channel, sentence=str(error))
            return _refused(503, "the report cannot be dealt with now; post it again")
        if result is None:
            return _refused(404, "no channel of this name takes reports")
        structlog.get_logger().info("bounce_posted", channel=channel, followed=str(result.followed))
        return JSONResponse(posted_document(result), headers=_HEADERS)


async def _body(request: Request) -> bytes | None:
    """None past LONGEST_BODY."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return None
    return body


def _refused(status: int, sentence: str) -> Response:
    return JSONResponse({"problem": sentence}, status, headers=_HEADERS)


_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
