"""The log's line of a request that failed, under the id that the answer names."""

import structlog
from starlette.requests import HTTPConnection

from worker.errors import DeliveryError, SourceError

HEADER = "X-Request-Id"

_SECRET_BEHIND = frozenset({"u", "p", "a"})
"""First parts of paths behind which a signed link stands, which is a credential."""


def request_id(request: HTTPConnection) -> str:
    """Empty for an application that runs without the site around it."""
    return str(getattr(request.state, "request_id", ""))


def log_failure(request: HTTPConnection, error: Exception, event: str = "request_failed") -> None:
    """With the traceback, but for what other services answered: their sentences are free of secrets, while the text of
    what lies below may hold an address with a key.
    """
    told = {"request": request_id(request), "path": _path(request), "kind": type(error).__name__}
    traceback = None if isinstance(error, SourceError | DeliveryError) else error
    structlog.get_logger().error(event, **told, sentence=str(error), exc_info=traceback)


def _path(request: HTTPConnection) -> str:
    path = request.url.path
    first = path.strip("/").partition("/")[0]
    return f"/{first}/…" if first in _SECRET_BEHIND else path
