"""Errors as application/problem+json (RFC 9457), with one reason for each kind."""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from worker.documents.definitions import complaint_document
from worker.errors import (
    BrokerUnavailable,
    ClaimLost,
    DefinitionError,
    DeliveryError,
    FunnelbeatError,
    LedgerError,
    NotFound,
    PreconditionFailed,
    RenderError,
    RequestError,
    SourceError,
)
from worker.web.api.plain_errors import plain_error
from worker.web.failures import log_failure, request_id

MEDIA_TYPE = "application/problem+json"

_KINDS: tuple[tuple[type[FunnelbeatError], int, str], ...] = (
    (PreconditionFailed, 412, "changed"),
    (NotFound, 404, "not_found"),
    (DefinitionError, 422, "definition"),
    (RequestError, 422, "request"),
    (ClaimLost, 409, "conflict"),
    (LedgerError, 503, "ledger_unavailable"),
    (BrokerUnavailable, 503, "broker_unavailable"),
    (SourceError, 502, "source"),
    (DeliveryError, 502, "delivery"),
    (RenderError, 422, "render"),
)
"""The first that fits counts."""

TITLES = {
    400: "The request cannot be read",
    401: "A token is needed",
    403: "The token does not allow this",
    404: "Not found",
    405: "The method is not allowed here",
    408: "The request came too slowly",
    409: "Something changed meanwhile",
    412: "The resource has changed",
    413: "The request is too large",
    415: "The body has another type than JSON",
    422: "The request is wrong",
    429: "Too many requests",
    502: "Another service failed",
    503: "Not available now",
}


FAULT = "the request could not be dealt with; the log of this process says why"
NO_PATH = "no request has this path; GET /api/v1/openapi.json describes all of them"


class HttpRefusal(Exception):  # it is an answer, and no fault of ours
    """An answer that is not a success. `headers` are added to it."""

    def __init__(self, status: int, reason: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.reason, self.detail = status, reason, detail
        self.headers = dict(headers or {})
        super().__init__(detail)


def problem(status: int, reason: str, detail: str, **more: Any) -> JSONResponse:
    """`reason` is for programs, `detail` for people."""
    headers = more.pop("headers", None)
    body = {"type": "about:blank", "title": TITLES.get(status, "It failed"), "status": status, "detail": detail}
    return JSONResponse({**body, "reason": reason, **more}, status, headers=headers, media_type=MEDIA_TYPE)


def handle_errors(app: FastAPI) -> None:
    app.add_exception_handler(FunnelbeatError, _ours)
    app.add_exception_handler(HttpRefusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ResponseValidationError, _undescribed)
    app.add_exception_handler(Exception, _fault)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    kind = next(((status, reason) for known, status, reason in _KINDS if isinstance(error, known)), (500, "fault"))
    more: dict[str, Any] = {}
    if kind[0] >= 500:
        log_failure(request, error)
        more["request"] = request_id(request)
    if isinstance(error, DefinitionError):
        more["complaints"] = [complaint_document(one) for one in error.complaints]
    return problem(*kind, str(error), **more)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HttpRefusal):
        raise error
    return problem(error.status, error.reason, error.detail, headers=error.headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """What was found where, without repeating the value: it may be a secret."""
    if not isinstance(error, RequestValidationError):
        raise error
    return problem(422, "request", "; ".join(map(plain_error, error.errors())))


async def _http(_request: Request, error: Exception) -> JSONResponse:
    """An unknown path, a method that a path does not have, a body that is no JSON."""
    if not isinstance(error, HTTPException):
        raise error
    reasons = {404: "not_found", 405: "method_not_allowed", 408: "too_slow", 413: "too_large"}
    detail = NO_PATH if error.status_code == 404 else TITLES.get(error.status_code, str(error.detail))
    return problem(error.status_code, reasons.get(error.status_code, "request"), detail, headers=error.headers)


async def _undescribed(request: Request, error: Exception) -> JSONResponse:
    """An answer that does not match its description. Its values are not logged, because it may contain a new token."""
    if not isinstance(error, ResponseValidationError):
        raise error
    places = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['type']}" for one in error.errors())
    known = request_id(request)
    structlog.get_logger().error("answer_undescribed", request=known, path=request.url.path, sentence=places)
    detail = "the answer is not as it is described; the log of this process says where"
    return problem(500, "fault", detail, request=known)


async def _fault(request: Request, _error: Exception) -> JSONResponse:
    """An internal error. It is raised again, and the log says what it was; the answer does not."""
    return problem(500, "fault", FAULT, request=request_id(request))
